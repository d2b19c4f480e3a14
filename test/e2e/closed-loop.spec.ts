/** The loop on the real stack, left to itself: a drift at a known event becomes a new champion; a challenger that learned from noise never does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { Rng } from '#kernel';
import { IngestDoor } from '../support/ingest-door';
import { PlatformUnderTest } from '../support/platform-under-test';

const NAMESPACE = 'loop';
const CUSTOMERS = 50;
const WINDOW_S = 600;

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
    amount: { type: number, decimals: 2, min: 0, max: 1000000 }
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
  features: [ { name: amount, value: amount } ]
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
  split: { by: time, holdout: 10m, gap: 0s, history: 30m }
  trainer: { kind: gbdt, parameters: { trees: 20, depth: 3 } }
  gates: [ { metric: roc_auc, min: 0.9 }, { metric: roc_auc, against: champion } ]
  retrain: { on: [data-drift], debounce: 2s, budget: { runs: 12, per: 1h }, promote: champion }
---
kind: Deployment
name: fraud
spec:
  model: fraud
  threshold: 0.5
  rollout: { strategy: canary, steps: [50, 100], interval: 2s, abort: { metric: error_rate, above: 0.01, rows: 20 } }
---
kind: Monitor
name: fraud
spec: { deployment: fraud, window: ${WINDOW_S}s, drift: { threshold: 0.2 } }
`;

interface Story {
  readonly run: string | null;
  readonly version: number | null;
  readonly trigger: string;
  readonly verdict: string;
  readonly why: string;
  readonly alert: {
    readonly subject: string;
    readonly firstEvent: { readonly eventTime: string } | null;
  } | null;
  readonly seconds: { readonly fromFirstEvent: number | null };
  readonly steps: readonly { readonly type: string; readonly by: string | null; readonly seconds: number }[];
}

/** Amounts up to `scale`; the greatest quarter is fraud, or whatever a coin says. */
interface Regime {
  readonly scale: number;
  readonly labels: 'by amount' | 'by chance';
}

const platform = new PlatformUnderTest(NAMESPACE, {
  PLAYHEAD_SERVING_REPORT_MS: '400',
  PLAYHEAD_REGISTRY_TRIGGERS_EVERY_MS: '500',
});
const files = mkdtempSync(join(tmpdir(), 'playhead-loop-'));
const rng = new Rng(7);
const START = Date.UTC(2026, 0, 1);
let door: IngestDoor;
let monitoring = '';
let registry = '';
let sent = 0;

/** A stream that was applied a moment ago may not be known at the door yet. */
const post = async (stream: string, events: readonly object[]): Promise<void> => {
  for (const until = Date.now() + 20_000; ; await sleep(100)) {
    const { status, body } = await door.post(JSON.stringify(events), undefined, stream);
    if (status === 404 && Date.now() < until) continue;
    expect([status, body.rejected ?? []]).toEqual([200, []]);
    return;
  }
};

/** So many payments, one each second of event time, and what became of each. */
const pay = async (payments: number, { scale, labels }: Regime): Promise<void> => {
  const events = Array.from({ length: payments }, () => {
    const id = sent++;
    const amount = Math.round(rng.uniform() * scale * 100) / 100;
    const isFraud = labels === 'by chance' ? rng.uniform() < 0.25 : amount >= 0.75 * scale;
    const time = new Date(START + id * 1_000).toISOString();
    const customer_id = `C${id % CUSTOMERS}`;
    return {
      payment: { transaction_id: `tx-${id}`, event_time: time, customer_id, amount },
      label: {
        label_id: `l-${id}`,
        known_at: time,
        transaction_id: `tx-${id}`,
        customer_id,
        is_fraud: isFraud,
      },
    };
  });
  await post(
    'transactions',
    events.map(({ payment }) => payment),
  );
  await post(
    'fraud-labels',
    events.map(({ label }) => label),
  );
};

/** Customers go on paying until it is so. */
const payUntil = async (what: string, regime: Regime, holds: () => Promise<boolean>): Promise<void> => {
  for (const until = Date.now() + 120_000; !(await holds()); await sleep(150)) {
    if (Date.now() > until)
      throw new Error(`${what}: not within two minutes, but ${JSON.stringify(await stories(), null, 1)}`);
    await pay(WINDOW_S / 10, regime);
  }
};

const stories = async (): Promise<Story[]> =>
  ((await (await fetch(`${monitoring}/v1/stories/fraud?limit=100`)).json()) as { stories: Story[] }).stories;

const champion = async (): Promise<number> => {
  const { routes } = (await (await fetch(`${registry}/v1/deployments/fraud`)).json()) as {
    routes: { route: string; version: number; share?: number }[];
  };
  return routes.length === 1 ? routes[0]!.version : 0;
};

/** No alert is open and no version is on its way. */
const isQuiet = async (): Promise<boolean> => {
  const { alerts } = (await (await fetch(`${monitoring}/v1/overview`)).json()) as {
    alerts: { open: number };
  };
  return alerts.open === 0 && (await stories()).every(({ verdict }) => verdict !== 'under-way');
};

const count = async (topic: string): Promise<number> =>
  (await readTopic(await platform.openLog(), qualify(NAMESPACE, topic))).length;

const CALM: Regime = { scale: 40, labels: 'by amount' };
const DRIFTED: Regime = { scale: 400, labels: 'by amount' };
const NOISE: Regime = { scale: 4_000, labels: 'by chance' };

beforeAll(async () => {
  await platform.run(['up']);
  const { services } = await platform.status();
  registry = services.registry!.url;
  monitoring = services.monitoring!.url;
  door = new IngestDoor(services.ingestion!.url);
  const path = join(files, 'project.yaml');
  writeFileSync(path, PROJECT);
  await platform.run(['apply', '-f', path]);
  await pay(3 * WINDOW_S, CALM);
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(200))
    if ((await count(TOPICS.vectors('fraud')).catch(() => 0)) === sent) break;
  await platform.run(['train', 'fraud', '--as', 'ada']);
  await platform.run(['models', 'promote', 'fraud@1', '--as', 'ada']);
  await platform.run(['deploy', 'fraud', '--wait']);
  await pay(2 * WINDOW_S, CALM);
}, 300_000);

afterAll(async () => {
  await platform.stop();
  rmSync(files, { recursive: true, force: true });
}, 120_000);

it('finds a drift, trains, tries in a canary and lets the new champion answer, and the story says in how many seconds', async () => {
  expect((await stories()).map(({ trigger }) => trigger)).toEqual(['operator']);
  const turned = sent;
  await payUntil('a new champion', DRIFTED, async () => (await champion()) > 1);
  await payUntil('a story', DRIFTED, async () => (await stories()).some(({ trigger, seconds }) => trigger === 'data-drift' && seconds.fromFirstEvent !== null)); // prettier-ignore

  // The newest first: the one that the drift began.
  const story = (await stories()).findLast(({ trigger, seconds }) => trigger === 'data-drift' && seconds.fromFirstEvent !== null); // prettier-ignore
  expect(story!.verdict).toBe('kept');
  const types = story!.steps.map(({ type }) => type);
  const inOrder = [
    'ingestion.observation.recorded',
    'monitoring.alert.raised',
    'registry.training.requested',
    'training.run.completed',
    'registry.model-version.registered',
    'registry.model-version.checked',
    'registry.alias.assigned',
    'serving.routes.taken',
  ].map((type) => types.indexOf(type));
  expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
  expect(inOrder).not.toContain(-1);
  expect(types.filter((type) => type === 'registry.rollout.changed').length).toBeGreaterThanOrEqual(3);
  expect(new Set(story!.steps.flatMap(({ by }) => by ?? []))).toEqual(
    new Set(['retraining policy', 'rollout policy']),
  );
  // The window in which it began holds the first drifted event.
  const began = Date.parse(story!.alert!.firstEvent!.eventTime);
  const drifted = START + turned * 1_000;
  expect(began).toBeGreaterThan(drifted - WINDOW_S * 1_000);
  expect(began).toBeLessThanOrEqual(drifted + WINDOW_S * 1_000);
  const { json } = await platform.run(['report', 'story', 'fraud']);
  expect((json as { stories: Story[] }).stories).toContainEqual(story);
  process.stdout.write(
    `from the first drifted event to the new champion serving: ${story!.seconds.fromFirstEvent} s\n`,
  );
}, 300_000);

it('never lets a challenger through that learned from noise, and the facts say why', async () => {
  await payUntil('nothing to be under way', DRIFTED, isQuiet);
  const before = await champion();
  const known = new Set((await stories()).map(({ run }) => run));
  const fresh = async (): Promise<Story[]> =>
    (await stories()).filter(({ run, verdict }) => !known.has(run) && verdict === 'refused');
  await payUntil('two refused challengers', NOISE, async () => (await fresh()).length >= 2);
  for (const { why, steps } of await fresh()) {
    expect(why).toMatch(/did not pass its gates: .*roc_auc/);
    expect(steps.map(({ type }) => type)).toContain('registry.promotion.withheld');
    expect(steps.map(({ type }) => type)).not.toContain('registry.alias.assigned');
  }
  expect(await champion()).toBe(before);
}, 300_000);
