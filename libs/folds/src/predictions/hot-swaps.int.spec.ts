import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RouteFact } from '#contracts';
import { MemoryArtifactStore } from '#artifacts';
import { InferenceEngine, MicroBatcher, type OnnxModel } from '#inference';
import { matrixOf, treeEnsemble } from '../../../inference/src/onnx-models.testing';
import { ModelShelf } from './model-shelf';

const FEATURES = 32;
const VERSIONS = 25;
const SWAPS = 200;
const CALLERS = 16;
const MAX_GROWTH_BYTES = 50 * 2 ** 20;

/** Resident bytes with nothing left to collect. */
const residentBytes = (): number => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let k = 0; k < 3; k++) collect();
  return 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]);
};

/** Two hundred times another version answers, each file tried in a process and loaded while callers go on. */
it('swaps models under load without a failed call, and gives their memory back', async () => {
  const artifacts = new MemoryArtifactStore('swaps');
  const engine = new InferenceEngine({ inlineUs: 1e9 });
  const shelf = new ModelShelf({ artifacts, open: engine.open });
  const routes: Pick<RouteFact, 'artifact' | 'features'>[] = [];
  for (let version = 0; version < VERSIONS; version++)
    routes.push({
      artifact: await artifacts.put(treeEnsemble({ features: FEATURES }, 100, 6, version + 1)),
      features: Array.from({ length: FEATURES }, (_, k) => `f${k}`),
    });
  const rows = matrixOf(VERSIONS, FEATURES);
  const row = (k: number) => rows.subarray(k * FEATURES, (k + 1) * FEATURES);
  const expected: Float32Array[] = [];
  for (const route of routes) expected.push(await (await shelf.get(route)).score(rows));

  let version = 0;
  let batcher: { model: OnnxModel; of: MicroBatcher } | undefined;
  let [answered, wrong, isOver] = [0, 0, false];
  const failures: unknown[] = [];
  /** As the doors do: the model of now, gathered into batches until another one takes its place. */
  const call = async (k: number): Promise<void> => {
    const asked = version;
    const model = await shelf.get(routes[asked]!);
    if (batcher?.model !== model) {
      void batcher?.of.close();
      batcher = { model, of: new MicroBatcher(model) };
    }
    const [score] = await batcher.of.score(row(k));
    answered++;
    if (score !== expected[asked]![k]) wrong++;
  };
  const caller = async (k: number): Promise<void> => {
    while (!isOver) await call(k).catch((error: unknown) => failures.push(error));
  };
  const swap = async (to: number): Promise<void> => {
    await shelf.ready('fraud', [routes[to % VERSIONS]!]);
    version = to % VERSIONS;
    const before = answered;
    while (answered < before + 2 * CALLERS) await new Promise(setImmediate);
  };

  const callers = Array.from({ length: CALLERS }, (_, k) => caller(k));
  for (let k = 0; k < 2 * VERSIONS; k++) await swap(k);
  const before = residentBytes();
  for (let k = 0; k < SWAPS; k++) await swap(2 * VERSIONS + k);
  const growth = residentBytes() - before;
  isOver = true;
  await Promise.all(callers);
  expect(failures).toEqual([]);
  expect(wrong).toBe(0);
  expect(shelf.loaded().length).toBeLessThanOrEqual(3);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  await shelf.close();
  engine.close();
}, 300_000);
