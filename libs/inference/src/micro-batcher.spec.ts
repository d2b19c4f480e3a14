import { MicroBatcher } from './micro-batcher';
import { loadModel, type OnnxModel } from './onnx-model';
import { matrixOf, treeEnsemble } from './onnx-models.testing';

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

  it('waits for others no longer than it is told', async () => {
    const batcher = new MicroBatcher(watched, { maxDelayMs: 50, maxRows: 3 });
    const start = performance.now();
    const first = batcher.score(rowAt(0));
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    const second = batcher.score(rowAt(1));
    await Promise.all([first, second]);
    expect(batches).toEqual([2]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(49);
    await Promise.all(rowsUpTo(3).map((row) => batcher.score(row)));
    expect(batches).toEqual([2, 3]);
  });

  it('refuses a row too many and goes on with the rest', async () => {
    const batcher = new MicroBatcher(watched, { maxQueuedRows: 10 });
    const answers = await Promise.allSettled(rowsUpTo(12).map((row) => batcher.score(row)));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<string>(10).fill('fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(answers[11]).toMatchObject({ reason: { code: 'PLAYHEAD_OVERLOADED' } });
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
});
