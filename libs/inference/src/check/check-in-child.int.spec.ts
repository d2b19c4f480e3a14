import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { scaledLinear } from '../onnx-models.testing';
import { loadModel } from '../onnx-model';
import { askInChild, askModel } from './answers-in-child';
import { checkInChild } from './check-in-child';
import { classifier, hanging } from './foreign-models.testing';

/** The child runs what `npm run build` made. */
const script = join(__dirname, '../../../../dist/libs/inference/src/check/check-worker.js');

beforeAll(() => {
  if (!existsSync(script)) throw new Error(`${script} is not there; run \`npm run build\` first`);
});

it('checks a file and scores rows with it, as this process would', async () => {
  const bytes = scaledLinear({ features: 2 });
  const rows = Float32Array.of(0.5, -1, Number.NaN, 2, 1, 1);
  const checked = await checkInChild({ script })(bytes, { task: 'binary', featureCount: 2 }, [rows]);
  const model = await loadModel(bytes, { task: 'binary', featureCount: 2 });
  expect(checked.scores).toEqual([await model.score(rows)]);
  expect(checked.check.latencyMs.p99).toBeGreaterThan(0);
  expect(checked.bytes.equals(bytes)).toBe(true);
  await model.close();
});

it('gives back the file that was made to fit', async () => {
  const { bytes, check } = await checkInChild({ script })(classifier(2), { task: 'binary', featureCount: 2 });
  const model = await loadModel(bytes, { task: 'binary', featureCount: 2 });
  expect(model.digest).toBe(check.digest);
  await model.close();
});

it.each([
  ['hangs', hanging(3_000, 400), { timeoutMs: 3_000 }, 'did not answer within 3 s'],
  ['eats memory', hanging(20_000, 2), { memoryBytes: 400 * 2 ** 20 }, 'more than 400 MiB of memory'],
])('kills a model that %s', async (_, bytes, limits, why) => {
  await expect(
    checkInChild({ script, ...limits })(bytes, { task: 'regression', featureCount: 2 }),
  ).rejects.toMatchObject({
    code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
    message: expect.stringContaining(why) as string,
  });
});

it('refuses with the reason of the child', async () => {
  await expect(
    checkInChild({ script })(Buffer.from('nonsense'), { task: 'regression', featureCount: 2 }),
  ).rejects.toThrow('no whole ONNX file');
});

describe('a model that is asked', () => {
  const ask = (timeoutMs = 20_000) =>
    askInChild({ script: script.replace('check-worker', 'answers-worker'), timeoutMs });

  it('gives the bits that this process gets', async () => {
    const bytes = scaledLinear({ features: 2 });
    const signature = { task: 'binary', featureCount: 2 } as const;
    const rows = [Float32Array.of(0.5, -1, Number.NaN, 2), Float32Array.of(1, 1)];
    expect(await ask()(bytes, signature, rows)).toEqual(await askModel(bytes, signature, rows));
  });

  it('is refused with the reason where it cannot be loaded, and killed where it hangs', async () => {
    const signature = { task: 'regression', featureCount: 2 } as const;
    await expect(ask()(Buffer.from('nonsense'), signature, [])).rejects.toThrow(
      'ONNX Runtime cannot load it',
    );
    await expect(ask(3_000)(hanging(3_000, 400), signature, [])).rejects.toThrow('did not answer within 3 s');
  });
});
