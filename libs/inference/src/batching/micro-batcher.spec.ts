import { BatchPace } from './batch-pace';
import { MicroBatcher } from './micro-batcher';
import { loadModel, type OnnxModel } from '../onnx-model';
import { matrixOf, treeEnsemble } from '../onnx-models.testing';

const FEATURES = 6;
const matrix = matrixOf(400, FEATURES);
const rowAt = (row: number): Float32Array => matrix.subarray(row * FEATURES, (row + 1) * FEATURES);
const rowsUpTo = (count: number): Float32Array[] => Array.from({ length: count }, (_, row) => rowAt(row));

describe('MicroBatcher', () => {
  let model: OnnxModel;
  let expected: Float32Array;
  /** Rows of each batch that reached the model. */
  let batches: number[];
  const watched = {
    featureCount: FEATURES,
    outputs: 1,
    score: (rows: Float32Array): Promise<Float32Array> => {
      batches.push(rows.length / FEATURES);
      return model.score(rows);
    },
  };

  beforeAll(async () => {
    model = await loadModel(treeEnsemble({ features: FEATURES }, 20, 4));
    expected = await model.score(matrix);
  });
  afterAll(() => model.close());
  beforeEach(() => {
    batches = [];
  });

  it('gives each row its own score, in batches no larger than allowed', async () => {
    const batcher = new MicroBatcher(watched, { maxRows: 32 });
    const scores = await Promise.all(rowsUpTo(400).map((row) => batcher.score(row)));
    expect(Float32Array.from(scores.flatMap((each) => [...each]))).toEqual(expected);
    expect(batches).toEqual([...Array.from({ length: 12 }, () => 32), 16]);
  });

  it('gives each row all that the model answers for it', async () => {
    const model = {
      featureCount: 1,
      outputs: 2,
      score: (rows: Float32Array): Promise<Float32Array> =>
        Promise.resolve(Float32Array.from([...rows].flatMap((value) => [value, -value]))),
    };
    const batcher = new MicroBatcher(model);
    const answers = await Promise.all([1, 2, 3].map((value) => batcher.score(Float32Array.of(value))));
    expect(answers.map((each) => [...each])).toEqual([[1, -1], [2, -2], [3, -3]]); // prettier-ignore
  });

  it('scores rows that come one after the other, each as soon as it comes', async () => {
    const batcher = new MicroBatcher(watched);
    for (let row = 0; row < 50; row++)
      expect([...(await batcher.score(rowAt(row)))]).toEqual([expected[row]]);
    expect(batches).toEqual(Array.from({ length: 50 }, () => 1));
  });

  it('gathers what arrives while the model is busy', async () => {
    const batcher = new MicroBatcher(watched);
    const first = batcher.score(rowAt(0));
    await new Promise(setImmediate);
    const rest = rowsUpTo(20).map((row) => batcher.score(row));
    await Promise.all([first, ...rest]);
    expect(batches).toEqual([1, 20]);
  });

  it('waits for company where that is known to pay, and no longer than it is told', async () => {
    /** A row each half second, and a batch that costs an hour more than its rows. */
    const pace = (): BatchPace => {
      const learned = new BatchPace();
      for (const rows of [1, 8]) learned.scored(rows, 3_600_000 + rows);
      const now = performance.now();
      for (let k = 200; k > 0; k--) learned.arrived(1, now - 500 * k);
      return learned;
    };
    const patient = new MicroBatcher(watched, { maxDelayMs: 3_600_000, maxRows: 1_000, pace: pace() });
    const waiting = rowsUpTo(2).map((row) => patient.score(row));
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(batches).toEqual([]);
    await patient.close();
    expect((await Promise.all(waiting)).flatMap((each) => [...each])).toEqual([...expected.subarray(0, 2)]);
    expect(batches).toEqual([2]);

    const hasty = new MicroBatcher(watched, { maxDelayMs: 20, maxRows: 3, pace: pace() });
    await hasty.score(rowAt(0));
    await Promise.all(rowsUpTo(3).map((row) => hasty.score(row)));
    expect(batches).toEqual([2, 1, 3]);
  });

  it('refuses a row too many and goes on with the rest', async () => {
    const batcher = new MicroBatcher(watched, { maxQueuedRows: 10 });
    const answers = await Promise.allSettled(rowsUpTo(12).map((row) => batcher.score(row)));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<string>(10).fill('fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(answers[11]).toMatchObject({
      reason: { code: 'PLAYHEAD_OVERLOADED', details: { retryAfterMs: expect.any(Number) as number } },
    });
    expect(batcher.figures()).toMatchObject({ queuedRows: 0, rows: 10, shed: 2 });
    expect([...(await batcher.score(rowAt(3)))]).toEqual([expected[3]]);
  });

  it('refuses a row of another length before it spoils a batch', async () => {
    const batcher = new MicroBatcher(watched);
    const good = batcher.score(rowAt(0));
    await expect(batcher.score(new Float32Array(2))).rejects.toMatchObject({
      code: 'PLAYHEAD_INFERENCE_INVALID',
    });
    expect([...(await good)]).toEqual([expected[0]]);
  });

  it('tells every row of a batch that failed, and lives on', async () => {
    let isAway = true;
    const failing = {
      ...watched,
      score: (rows: Float32Array) => (isAway ? Promise.reject(new Error('away')) : model.score(rows)),
    };
    const batcher = new MicroBatcher(failing);
    const answers = await Promise.allSettled([batcher.score(rowAt(0)), batcher.score(rowAt(1))]);
    expect(answers).toMatchObject([{ reason: { message: 'away' } }, { reason: { message: 'away' } }]);
    isAway = false;
    expect([...(await batcher.score(rowAt(2)))]).toEqual([expected[2]]);
  });

  it('answers those that wait when it is closed, and takes no more', async () => {
    const batcher = new MicroBatcher(watched, { maxDelayMs: 60_000 });
    const waiting = rowsUpTo(5).map((row) => batcher.score(row));
    const closed = batcher.close();
    await expect(batcher.score(rowAt(0))).rejects.toMatchObject({ code: 'PLAYHEAD_NOT_READY' });
    await closed;
    expect((await Promise.all(waiting)).flatMap((each) => [...each])).toEqual([...expected.subarray(0, 5)]);
  });

  it('takes calls of several rows into batches, each whole, and one that is too large alone', async () => {
    const batcher = new MicroBatcher(watched, { maxRows: 8 });
    const sizes = [3, 3, 3, 20, 1, 5, 2, 1];
    let from = 0;
    const answers = await Promise.all(
      sizes.map((rows) => batcher.infer(matrix.subarray(from * FEATURES, (from += rows) * FEATURES))),
    );
    expect(batches).toEqual([6, 3, 20, 8, 1]);
    expect(answers.map(({ batchRows }) => batchRows)).toEqual([6, 6, 3, 20, 8, 8, 8, 1]);
    expect(Float32Array.from(answers.flatMap(({ values }) => [...values]))).toEqual(
      expected.subarray(0, from),
    );
    for (const { queueNs, computeNs } of answers) {
      expect(queueNs).toBeGreaterThan(0);
      expect(computeNs).toBeGreaterThan(0);
    }
    expect(answers[7]!.queueNs).toBeGreaterThan(answers[0]!.queueNs);
  });

  describe('while the model is busy', () => {
    /** Scores nothing before `release`. */
    const held = () => {
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      return {
        release,
        model: { ...watched, score: (rows: Float32Array) => gate.then(() => watched.score(rows)) },
      };
    };

    it('answers a call at its deadline and never scores it', async () => {
      const { release, model } = held();
      const batcher = new MicroBatcher(model, { maxQueuedRows: 3 });
      const first = batcher.score(rowAt(0), { deadlineMs: 60_000 });
      await new Promise(setImmediate);
      const second = batcher.score(rowAt(1));
      const late = batcher.score(matrix.subarray(0, 2 * FEATURES), { deadlineMs: 5 });
      await expect(batcher.score(rowAt(2))).rejects.toMatchObject({ code: 'PLAYHEAD_OVERLOADED' });
      await expect(late).rejects.toMatchObject({ code: 'PLAYHEAD_DEADLINE_EXCEEDED' });
      const third = batcher.score(rowAt(2));
      release();
      expect([await first, await second, await third].map(([score]) => score)).toEqual([
        ...expected.subarray(0, 3),
      ]);
      expect(batches).toEqual([1, 2]);
    });

    it('drops a call whose caller went away, also one in the middle of the queue', async () => {
      const { release, model } = held();
      const batcher = new MicroBatcher(model);
      const gone = new AbortController();
      const waiting = [0, 1, 2, 3, 4].map((row) =>
        batcher.score(rowAt(row), row === 0 || row === 2 ? { signal: gone.signal } : undefined),
      );
      const answers = Promise.allSettled(waiting);
      await new Promise(setImmediate);
      const after = [5, 6].map((row) => batcher.score(rowAt(row), row === 5 ? { signal: gone.signal } : {}));
      const later = Promise.allSettled(after);
      gone.abort();
      release();
      expect((await answers).map(({ status }) => status)).toEqual([
        'rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled',
      ]); // prettier-ignore
      expect((await later)[0]).toMatchObject({ reason: { code: 'PLAYHEAD_CANCELLED' } });
      expect((await later)[1]).toEqual({ status: 'fulfilled', value: expected.subarray(6, 7) });
      expect(batches).toEqual([5, 1]);
      await expect(batcher.score(rowAt(0), { signal: gone.signal })).rejects.toMatchObject({
        code: 'PLAYHEAD_CANCELLED',
      });
      expect(batcher.figures()).toMatchObject({ expired: 3, queuedRows: 0, batchesUnderWay: 0 });
    });

    it('closes when the last call that waits is dropped', async () => {
      const { model, release } = held();
      const batcher = new MicroBatcher(model);
      const first = batcher.score(rowAt(0));
      await new Promise(setImmediate);
      const gone = new AbortController();
      const second = batcher.score(rowAt(1), { signal: gone.signal });
      const closed = batcher.close();
      gone.abort();
      await expect(second).rejects.toMatchObject({ code: 'PLAYHEAD_CANCELLED' });
      release();
      await closed;
      expect([...(await first)]).toEqual([expected[0]]);
    });

    it('scores as many batches at once as the model has lanes', async () => {
      const { release, model } = held();
      const started: number[] = [];
      const score = (rows: Float32Array) => (started.push(rows.length / FEATURES), model.score(rows));
      const batcher = new MicroBatcher({ ...model, score, lanes: 2 }, { maxRows: 4 });
      const scores = rowsUpTo(11).map((row) => batcher.score(row));
      await new Promise(setImmediate);
      expect(started).toEqual([4, 4]);
      release();
      expect((await Promise.all(scores)).map(([score]) => score)).toEqual([...expected.subarray(0, 11)]);
      expect(started).toEqual([4, 4, 3]);
    });
  });
});
