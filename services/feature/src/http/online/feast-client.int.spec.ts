/** The unmodified Feast client with its remote online store against the door of the service: client/check.py says what it does. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from '#localstack';
import { loadConfig, startService, type RunningService } from '#runtime';
import { featureConfig } from '../../feature.config';
import { FeatureModule } from '../../feature.module';
import { StagesWorld } from '../../stages.testing';

jest.setTimeout(600_000);

const CLIENT = join(__dirname, 'client');
/** Of `FieldStatus`. */
const PRESENT = 1;
const NOT_FOUND = 3;

let world: StagesWorld;
let service: RunningService;
let seen: Record<string, unknown>;

beforeAll(async () => {
  world = await StagesWorld.make();
  await world.pay(0, 1, 1, 2);
  await world.pay(1, 1, 2, 0.5);
  await world.pay(2, null, 3, 7);
  await world.pay(0, 2, 4, 3);
  const config = loadConfig(featureConfig, {
    PLAYHEAD_PORT: '0',
    PLAYHEAD_NAMESPACE: world.namespace,
    PLAYHEAD_ARTIFACT_DIR: '/nowhere',
    PLAYHEAD_SEAL_RECORDS: '0',
  });
  const packages = readFileSync(join(CLIENT, 'requirements.txt'), 'utf8').trim().split('\n');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const python = await pythonWith('feast', packages, say);
  service = await startService({ config, module: FeatureModule, ports: world.ports });
  const vectors = (): Promise<unknown[]> => world.vectors().catch(() => []);
  await world.until('all vectors', async () => (await vectors()).length === 4, 30_000);
  const { stdout } = await promisify(execFile)(python, [join(CLIENT, 'check.py'), service.url], {
    env: { ...process.env, FEAST_USAGE: 'False', PYTHONWARNINGS: 'ignore' },
    timeout: 300_000,
  });
  seen = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
});
afterAll(() => service?.stop());

it('gets values and statuses of features by each view’s own entity', () => {
  expect(seen['values']).toEqual({
    customer_id: ['C0', 'C2', 'nobody'],
    terminal_id: ['T2', 'T1', 'T9'],
    amount: [3, 7, null],
    customer_1h: [2, 1, null],
    terminal_1h: [1, 2, null],
    terminal_sum_1h: [3, 2.5, null],
  });
  expect(seen['statuses']).toEqual({
    customer_id: [PRESENT, PRESENT, PRESENT],
    terminal_id: [PRESENT, PRESENT, PRESENT],
    amount: [PRESENT, PRESENT, NOT_FOUND],
    customer_1h: [PRESENT, PRESENT, NOT_FOUND],
    terminal_1h: [PRESENT, PRESENT, NOT_FOUND],
    terminal_sum_1h: [PRESENT, PRESENT, NOT_FOUND],
  });
  expect(seen['frame']).toEqual([3, 6]);
});

it('gets one type for a column', () => {
  expect(seen['kinds']).toEqual({
    amount: ['double_val', 'double_val', null],
    customer_1h: ['int64_val', 'int64_val', null],
  });
});

it('gets full names, and a feature service', () => {
  expect(seen['full']).toEqual({
    customer_id: ['C0'],
    terminal_id: ['T2'],
    amounts__amount: [3],
    spend__customer_1h: [2],
    traffic__terminal_1h: [1],
    traffic__terminal_sum_1h: [3],
  });
  expect(seen['service']).toMatchObject({ customer_id: ['C1'], amount: [0.5], customer_1h: [1] });
});

it('gets the same as an older client, view by view', () => {
  expect(seen['older']).toEqual({
    customer_id: ['C0', 'C2'],
    terminal_id: ['T2', 'T1'],
    amount: [3, 7],
    customer_1h: [2, 1],
    terminal_1h: [1, 2],
    terminal_sum_1h: [3, 2.5],
  });
});

it('raises the exceptions of Feast', () => {
  expect(seen['unknown_service']).toEqual([
    'FeatureServiceNotFoundException',
    'Feature service absent does not exist',
  ]);
  expect(seen['unknown_view']).toEqual([
    'FeatureViewNotFoundException',
    expect.stringContaining('Feature view nope does not exist'),
  ]);
  expect(seen['collision']).toEqual([
    'FeatureNameCollisionError',
    expect.stringContaining('Duplicate features named amount found.'),
  ]);
});

it('cannot write: values come from events alone', () => {
  expect(seen['writing']).toBe('RuntimeError');
});
