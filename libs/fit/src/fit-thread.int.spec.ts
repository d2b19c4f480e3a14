import { existsSync } from 'node:fs';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng, sha256 } from '#kernel';
import { fitModel, type FitJob, type Part } from './fit-model';
import { fitInThread, type FitControl } from './fit-thread';

/** The thread runs what `npm run build` made: a thread has no compiler. */
const script = join(__dirname, '../../../dist/libs/fit/src/fit-worker.js');

const part = (rows: number, seed: number): Part => {
  const rng = new Rng(seed);
  const column = Float64Array.from({ length: rows }, () => rng.uniform());
  return {
    partitions: new Float64Array(rows),
    columns: [column],
    labels: column.map((value) => (value + rng.uniform() > 1.2 ? 1 : 0)),
  };
};

const jobOf = (trees: number, rows = 2_000): FitJob => ({
  request: { task: 'binary', trainer: { kind: 'gbdt', parameters: { trees, depth: 4 } }, seed: 3, gates: [] },
  features: ['amount'],
  train: part(rows, 1),
  holdout: part(500, 2),
});

const control = (over: Partial<FitControl> = {}): FitControl => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...over,
});

beforeAll(() => {
  if (!existsSync(script)) throw new Error(`${script} is not there; run \`npm run build\` first`);
});

it('answers as the function does, to the byte, and tells its progress', async () => {
  const seen: number[] = [];
  const fitted = await fitInThread({ script })(
    jobOf(20),
    control({ onProgress: ({ iteration }) => seen.push(iteration) }),
  );
  const expected = fitModel(jobOf(20));
  expect(sha256(fitted.onnx)).toBe(sha256(expected.onnx));
  expect({ ...fitted, onnx: null }).toEqual({ ...expected, onnx: null });
  expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

it('ends in the middle of a fit when it is told to', async () => {
  const abort = new AbortController();
  const fit = fitInThread({ script })(
    jobOf(10_000, 20_000),
    control({ signal: abort.signal, onProgress: () => abort.abort() }),
  );
  await expect(fit).rejects.toMatchObject({ code: 'PLAYHEAD_LEARN_CANCELLED' });
});

it('refuses what the function refuses', async () => {
  const job = jobOf(5);
  job.train.labels.fill(0);
  await expect(fitInThread({ script })(job, control())).rejects.toMatchObject({
    code: 'PLAYHEAD_LEARN_INVALID',
    message: expect.stringContaining('all 2000 labels are 0') as string,
  });
});

describe('outlives its thread', () => {
  it('when that runs out of memory', async () => {
    const fit = fitInThread({
      script,
      resourceLimits: { maxOldGenerationSizeMb: 4, maxYoungGenerationSizeMb: 1 },
    });
    await expect(fit(jobOf(3_000, 50_000), control())).rejects.toMatchObject({
      code: 'PLAYHEAD_LEARN_CRASHED',
      message: expect.stringContaining('memory') as string,
    });
  });

  it.each([
    ['throws', 'throw new Error("broken")', 'broken'],
    ['exits', 'process.exit(3)', 'exited with code 3'],
  ])('when that %s', async (_, source, why) => {
    const folder = await mkdtemp(join(tmpdir(), 'playhead-thread-'));
    try {
      await writeFile(join(folder, 'worker.js'), source);
      await expect(
        fitInThread({ script: join(folder, 'worker.js') })(jobOf(5), control()),
      ).rejects.toMatchObject({
        code: 'PLAYHEAD_LEARN_CRASHED',
        message: expect.stringContaining(why) as string,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
