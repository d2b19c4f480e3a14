/** A canary on the real stack: it comes in steps, gets worse, goes back by itself, and the log tells why. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RolloutJudged, RoutesTaken, TOPICS, decodeEvent, qualify } from '#contracts';
import { readTopic, type LogRecord } from '#eventlog';
import { trainerOf } from '#learn';
import type { RolloutDocument } from '../../cli/src/documents';
import { IngestDoor } from '../support/ingest-door';
import { PlatformUnderTest } from '../support/platform-under-test';

const NAMESPACE = 'rollouts';
const CUSTOMERS = 60;
const INTERVAL_MS = 4_000;

const PROJECT = `
kind: Stream
name: transactions
spec:
  key: customer_id
  id: transaction_id
  time: event_time
  partitions: 2
  fields:
    transaction_id: { type: string }
    event_time: { type: timestamp }
    customer_id: { type: string }
    amount: { type: number, decimals: 2, min: 0, max: 100000 }
---
kind: Stream
name: fraud-labels
spec:
  key: customer_id
  id: label_id
  time: known_at
  partitions: 2
  fields: { label_id: {type: string}, known_at: {type: timestamp}, transaction_id: {type: string}, customer_id: {type: string}, is_fraud: {type: boolean} }
---
kind: FeatureView
name: customer-spend
spec:
  stream: transactions
  entity: customer_id
  features:
    - { name: amount, value: amount }
    - { name: tx_count_1d, aggregate: count, window: 1d }
---
kind: FeatureService
name: fraud
spec: { trigger: transactions, views: [customer-spend] }
---
kind: Label
name: fraud
spec: { stream: fraud-labels, on: transaction_id, value: is_fraud, maturity: 0s }
---
kind: Model
name: fraud
spec:
  task: binary
  features: fraud
  label: fraud
  split: { by: random, holdout: 0.3 }
  trainer: { kind: logistic }
---
kind: Deployment
name: fraud
spec:
  model: fraud
  threshold: 0.5
  rollout:
    strategy: canary
    steps: [30, 60, 100]
    interval: ${INTERVAL_MS / 1_000}s
    abort: { metric: positive_rate, above: 0.2, against: champion, rows: 20 }
`;

/** Positive where a feature is at least `from`: the amount, or the number of payments within a day. */
const modelFile = (feature: 0 | 1, from: number): Uint8Array => {
  const columns = [0, 1].map((own) =>
    Float64Array.from({ length: 80 }, (_, i) => (((i * (own === 0 ? 7 : 11)) % 40) * from) / 20),
  );
  const labels = columns[feature]!.map((value) => (value >= from ? 1 : 0));
  const data = { featureNames: ['amount', 'tx_count_1d'], columns, labels };
  return trainerOf('logistic').fit(data, { l2: 0.01 }, { task: 'binary', seed: 0 }).toOnnx();
};

const platform = new PlatformUnderTest(NAMESPACE, { PLAYHEAD_SERVING_REPORT_MS: '400' });
const files = mkdtempSync(join(tmpdir(), 'playhead-rollouts-'));
let registry = '';
let door: IngestDoor;
let sent = 0;

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(files, name);
  writeFileSync(path, content);
  return path;
};

/** A stream that was applied a moment ago may not be known at the door yet. */
const post = async (stream: string, events: readonly object[]): Promise<void> => {
  for (const until = Date.now() + 20_000; ; await sleep(100)) {
    const { status, body } = await door.post(JSON.stringify(events), undefined, stream);
    if (status === 404 && Date.now() < until) continue;
    expect([status, body.rejected ?? []]).toEqual([200, []]);
    return;
  }
};

/** One payment of each customer; gives their ids. */
const pay = async (amount: number): Promise<string[]> => {
  const time = new Date().toISOString();
  const events = Array.from({ length: CUSTOMERS }, (_, customer) => ({
    transaction_id: `tx-${sent++}`,
    event_time: time,
    customer_id: `C${customer}`,
    amount,
  }));
  await post('transactions', events);
  return events.map(({ transaction_id }) => transaction_id);
};

const rollout = async (): Promise<RolloutDocument> =>
  (await fetch(`${registry}/v1/deployments/fraud/rollout`)).json() as Promise<RolloutDocument>;

const shares = ({ routes }: RolloutDocument): string =>
  routes.map(({ route, version, share }) => `${route}=${version} ${share}`).join(' ');

const records = async (topic: string): Promise<LogRecord[]> =>
  readTopic(await platform.openLog(), qualify(NAMESPACE, topic));

/** Customers pay so much each until it is so. */
const payUntil = async (what: string, amount: number, holds: () => Promise<boolean>): Promise<void> => {
  for (const until = Date.now() + 60_000; !(await holds()); await sleep(250)) {
    if (Date.now() > until) throw new Error(`${what}: not within a minute, but ${shares(await rollout())}`);
    await pay(amount);
  }
};

beforeAll(async () => {
  await platform.run(['up']);
  const { services } = await platform.status();
  registry = services.registry!.url;
  door = new IngestDoor(services.ingestion!.url);
  await platform.run(['apply', '-f', file('project.yaml', PROJECT)]);
  const ids = [...(await pay(1)), ...(await pay(50))];
  await sleep(1_500);
  const known_at = new Date().toISOString();
  await post(
    'fraud-labels',
    ids.map((id, i) => ({
      label_id: `l-${id}`,
      known_at,
      transaction_id: id,
      customer_id: 'C',
      is_fraud: i % 3 === 0,
    })),
  );
  await payUntil('vectors', 1, async () => (await records(TOPICS.vectors('fraud'))).length >= 2 * CUSTOMERS);
  // Version 1 looks at how often a customer pays, version 2 at how much.
  for (const [name, feature, from] of [
    ['1.onnx', 1, 4_000],
    ['2.onnx', 0, 20],
  ] as const)
    await platform.run([
      'models',
      'import',
      file(name, modelFile(feature, from)),
      '--model',
      'fraud',
      '--timeout',
      '2m',
    ]);
  await platform.run(['models', 'promote', 'fraud@1']);
  await platform.run(['deploy', 'fraud', '--wait']);
}, 300_000);

afterAll(async () => {
  await platform.stop();
  rmSync(files, { recursive: true, force: true });
}, 120_000);

it('goes back by itself within one interval when it gets worse, and the log tells the story with positions', async () => {
  await platform.run(['models', 'promote', 'fraud@2', '--as', 'ada']);
  expect(shares(await rollout())).toBe('champion=1 70 canary=2 30');
  await payUntil('the second step', 1, async () => shares(await rollout()) === 'champion=1 40 canary=2 60');

  const turned = Date.now();
  let isOver = false;
  const watched = platform
    .run(['deploy', 'fraud', '--watch'], { expectCode: 1 })
    .finally(() => (isOver = true));
  await payUntil('back', 50, async () => shares(await rollout()) === 'champion=1 100');
  const ended = (await rollout()).story.at(-1)!;
  expect(Date.parse(ended.decidedAt) - turned).toBeLessThan(INTERVAL_MS);
  const { json, stderr } = await watched;
  expect(isOver).toBe(true);
  expect(json).toMatchObject({ rollout: { status: 'aborted', version: 2, baseline: 1 } });
  expect(stderr).toContain('aborted at 60 % by rollout policy: positive_rate of version 2 is');

  expect((await rollout()).story.map(({ change }) => change)).toEqual(['began', 'advanced', 'aborted']);
  const verdict = ended.evidence[0]!.id;
  const judged = decodeEvent(
    RolloutJudged,
    (await records(TOPICS.rollouts))[Number(verdict.replace('monitoring.rollouts:0-', ''))]!.value,
  );
  expect(judged).toMatchObject({ verdict: 'worse', step: 1, message: ended.reason });
  const status = await records(TOPICS.servingStatus);
  for (const source of judged.sources)
    expect(status[Number(source.replace('serving.status:0-', ''))]!.headers.text('ce_type')).toBe(
      'serving.interval.reported',
    );
  const alias = (await records(TOPICS.models)).map(({ value }) => JSON.parse(String(value)) as object).at(-1);
  expect(alias).toMatchObject({
    alias: 'champion',
    version: 1,
    previous: 2,
    cause: 'rollout',
    evidence: [{ id: verdict }],
  });

  const before = (await records(TOPICS.predictions('fraud'))).length;
  const ids = await pay(50);
  const answered = async (): Promise<object[]> =>
    (await records(TOPICS.predictions('fraud')))
      .map(({ value }) => JSON.parse(String(value)) as { event_id: string; route: string; version: number })
      .filter(({ event_id }) => ids.includes(event_id));
  for (const until = Date.now() + 20_000; (await answered()).length < CUSTOMERS && Date.now() < until;)
    await sleep(200);
  expect(before).toBeGreaterThan(CUSTOMERS);
  expect((await answered()).every((each) => (each as { version: number }).version === 1)).toBe(true);
  const taken = (await records(TOPICS.servingStatus))
    .filter(({ headers }) => headers.text('ce_type') === RoutesTaken.type)
    .map(({ value }) => decodeEvent(RoutesTaken, value));
  for (const partition of [0, 1]) {
    const last = taken.filter((each) => each.partition === partition).at(-1)!;
    expect(last.routes.map(({ route, version }) => `${route}=${version}`)).toEqual(['champion=1']);
  }
}, 180_000);

it('looks back with --as-of, and says that nothing is under way any more', async () => {
  const began = (await rollout()).story[0]!.position;
  const then = await platform.run(['deploy', 'fraud', '--as-of', began]);
  expect(then.json).toMatchObject({
    routes: [
      { route: 'champion', version: 1 },
      { route: 'canary', version: 2, share: 30 },
    ],
  });
  const refused = await platform.run(['deploy', 'fraud', '--abort'], { expectCode: 2 });
  expect(refused.json).toMatchObject({
    error: { message: 'fraud has no rollout under way: that of version 2 is aborted' },
  });
}, 60_000);
