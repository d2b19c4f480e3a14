import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { perceptron, matrixOf, scaledLinear, treeEnsemble } from '../onnx-models.testing';
import { loadModel } from '../onnx-model';
import { InferenceEngine, type EngineOptions } from './engine';
import { looping, loopingOnLargeRows, nestedIfs } from './poisonous-models.testing';

/** The processes run what `npm run build` made. */
beforeAll(() => {
  const script = join(__dirname, '../../../../dist/libs/inference/src/engine/scorer-main.js');
  if (!existsSync(script)) throw new Error(`${script} is not there; run \`npm run build\` first`);
});

const engines: InferenceEngine[] = [];
const engineOf = (options: EngineOptions = {}): InferenceEngine => {
  const engine = new InferenceEngine(options);
  engines.push(engine);
  return engine;
};
afterAll(() => engines.forEach((engine) => engine.close()));

const bitsOf = (scores: Float32Array): number[] => [
  ...new Uint32Array(scores.buffer, scores.byteOffset, scores.length),
];
const FOREVER = 4_000_000_000;
const TWO = { featureCount: 2, task: 'regression' } as const;

describe('where rows are scored', () => {
  const FEATURES = 12;
  const matrix = matrixOf(1_000, FEATURES);

  it.each([
    ['a tree ensemble', treeEnsemble({ features: FEATURES }, 100, 5)],
    ['a scaled linear model', scaledLinear({ features: FEATURES })],
    ['a small network', perceptron({ features: FEATURES }, [64, 64])],
  ])('%s gives the same bits here and in processes, alone and in batches', async (_, bytes) => {
    const options = { featureCount: FEATURES, task: 'binary' } as const;
    const inline = await engineOf({ inlineUs: 1e9 }).open(bytes, options);
    const away = await engineOf({ inlineUs: 0, processes: 2 }).open(bytes, options);
    expect([inline.place, inline.lanes, away.place, away.lanes]).toEqual(['inline', 1, 'processes', 2]);
    expect(away).toMatchObject({
      digest: inline.digest,
      task: 'binary',
      outputName: 'probability',
      outputs: 1,
    });
    expect(away.fingerprint).toEqual(inline.fingerprint);
    expect(away.cost!.rowUs).toBeGreaterThan(0);
    const expected = bitsOf(await inline.score(matrix));
    for (const model of [inline, away])
      for (const size of [1, 7, 32, 1_000]) {
        const rows = size === 1 ? 50 : 1_000;
        const got: number[] = [];
        for (let from = 0; from < rows; from += size)
          got.push(
            ...bitsOf(
              await model.score(matrix.slice(from * FEATURES, Math.min(from + size, rows) * FEATURES)),
            ),
          );
        expect(got).toEqual(expected.slice(0, rows));
      }
    await Promise.all([inline.close(), away.close()]);
  });

  it('holds what has an If away from this thread, however cheap it looks', async () => {
    const model = await engineOf({ inlineUs: 1e9, processes: 1 }).open(loopingOnLargeRows(5), TWO);
    expect(model.place).toBe('processes');
    expect([...(await model.score(Float32Array.of(1, 2, 200, 3)))]).toEqual([8, 208]);
    expect([...(await model.score(new Float32Array(0)))]).toEqual([]);
    await expect(model.score(new Float32Array(3))).rejects.toMatchObject({
      code: 'PLAYHEAD_INFERENCE_INVALID',
    });
    await model.close();
    await expect(model.score(new Float32Array(2))).rejects.toMatchObject({ code: 'PLAYHEAD_DEFECT' });
  });
});

describe('files that nobody should load', () => {
  it.each([
    ['loops for ever', looping(FOREVER), 'did not answer within 5 s'],
    [
      'nests Ifs until there are millions of graphs',
      nestedIfs(17),
      'MiB of memory|did not answer within 5 s',
    ],
    ['is no model', Buffer.from('nonsense'), 'ONNX Runtime cannot load it'],
    [
      'has another signature',
      scaledLinear({ features: 3 }),
      'its output is "probability"|it takes 3 features',
    ],
  ])('refuses one that %s, at once the second time, and opens others beside it', async (_, bytes, why) => {
    const engine = engineOf({ loadTimeoutMs: 5_000, trialMemoryBytes: 600 * 2 ** 20 });
    const refusal = {
      code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
      message: expect.stringMatching(why) as string,
    };
    const [good] = await Promise.all([
      engine.open(scaledLinear({ features: 2 }), { featureCount: 2, task: 'binary' }),
      expect(engine.open(bytes, TWO)).rejects.toMatchObject(refusal),
    ]);
    expect(await good.score(new Float32Array(4))).toHaveLength(2);
    await expect(engine.open(bytes, TWO)).rejects.toMatchObject(refusal);
    await good.close();
  });
});

describe('processes that are lost', () => {
  const lost: string[] = [];

  it('refuses rows that hang two processes, and goes on with others', async () => {
    const engine = engineOf({ processes: 1, scoreTimeoutMs: 700, onLost: (reason) => lost.push(reason) });
    const model = await engine.open(loopingOnLargeRows(FOREVER), TWO);
    const poisoned = model.score(Float32Array.of(1, 2, 500, 3));
    const next = model.score(Float32Array.of(1, 2));
    await expect(poisoned).rejects.toMatchObject({ code: 'PLAYHEAD_INFERENCE_FAILED' });
    expect([...(await next)]).toEqual([3]);
    expect(lost).toEqual(['it did not answer in time', 'it did not answer in time']);
    await model.close();
  });

  it('gives rows to another process when theirs is killed, and each row its score', async () => {
    const bytes = scaledLinear({ features: 12 });
    const model = await engineOf({ inlineUs: 0, processes: 2 }).open(bytes, { featureCount: 12 });
    const here = await loadModel(bytes);
    const matrix = matrixOf(64, 12);
    const expected = await here.score(matrix);
    for (let round = 0; round < 3; round++) {
      const scores = Array.from({ length: 20 }, () => model.score(matrix));
      process.kill(childrenOf(process.pid).at(-1)!, 'SIGKILL');
      for (const answer of await Promise.all(scores)) expect(answer).toEqual(expected);
    }
    await Promise.all([model.close(), here.close()]);
  });
});

/** Scorers, oldest first. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
