/** Answered requests on the real stack: on the log before the answer, scored again, and events answered as the stream answers them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestAnswered, TOPICS, decodeEvent, qualify } from '#contracts';
import { readTopic, type LogRecord } from '#eventlog';
import { IngestDoor } from '../support/ingest-door';
import { metricsAsked } from '../support/metrics-asked';
import { PlatformUnderTest } from '../support/platform-under-test';

const NAMESPACE = 'requests';
const CUSTOMERS = 20;

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
    terminal_id: { type: string }
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
    - { name: amount_mean_7d, aggregate: mean, of: amount, window: 7d }
---
kind: FeatureView
name: terminal-traffic
spec:
  stream: transactions
  entity: terminal_id
  features: [ { name: terminal_count_1d, aggregate: count, window: 1d } ]
---
kind: FeatureService
name: fraud
spec: { trigger: transactions, views: [customer-spend, terminal-traffic] }
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
  trainer: { kind: gbdt, parameters: { trees: 10, depth: 3 } }
---
kind: Deployment
name: fraud
spec: { model: fraud, threshold: 0.5, logging: durable }
`;

interface Said {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly requestId: string | null;
}

interface Answer {
  readonly id: string;
  readonly output: object;
  readonly decision: boolean;
  readonly features: Readonly<Record<string, number | null>>;
  readonly reflects: Readonly<Record<string, string>>;
  readonly explanation: {
    readonly base: number;
    readonly total: number;
    readonly contributions: Readonly<Record<string, number>>;
  };
}

const platform = new PlatformUnderTest(NAMESPACE, { PLAYHEAD_SERVING_REQUEST_WAIT_MS: '1500' });
const files = mkdtempSync(join(tmpdir(), 'playhead-requests-'));
let serving = '';
let door: IngestDoor;
let sent = 0;

const payment = (): Record<string, string | number> => {
  const n = sent++;
  return {
    transaction_id: `tx-${n}`,
    event_time: new Date().toISOString(),
    customer_id: `C${n % CUSTOMERS}`,
    terminal_id: `T${n % 7}`,
    amount: ((n * 37) % 1_000) / 4,
  };
};

const stream = async (name: string, events: readonly object[]): Promise<void> => {
  for (const until = Date.now() + 20_000; ; await sleep(100)) {
    const { status, body } = await door.post(JSON.stringify(events), undefined, name);
    if (status === 404 && Date.now() < until) continue;
    expect([status, body.rejected ?? []]).toEqual([200, []]);
    return;
  }
};

const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Said> => {
  const answer = await fetch(serving + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown>,
    requestId: answer.headers.get('x-request-id'),
  };
};

const records = async (topic: string): Promise<LogRecord[]> =>
  readTopic(await platform.openLog(), qualify(NAMESPACE, topic));

const requests = async () =>
  (await records(TOPICS.servingRequests('fraud'))).map(({ value }) => decodeEvent(RequestAnswered, value));

const until = async <T>(what: string, found: () => Promise<T | undefined>): Promise<T> => {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const value = await found();
    if (value !== undefined) return value;
  }
  throw new Error(`${what}: not within a minute`);
};

const written = <T extends { readonly event_id: string }>(topic: string, id: string): Promise<T> =>
  until(`${id} on ${topic}`, async () =>
    (await records(topic))
      .map(({ value }) => JSON.parse(String(value)) as T)
      .find(({ event_id }) => event_id === id),
  );

beforeAll(async () => {
  await platform.run(['up']);
  const { services } = await platform.status();
  serving = services.serving!.url;
  door = new IngestDoor(services.ingestion!.url);
  const file = join(files, 'project.yaml');
  writeFileSync(file, PROJECT);
  await platform.run(['apply', '-f', file]);
  const events = Array.from({ length: 200 }, payment);
  await stream('transactions', events);
  const known_at = new Date().toISOString();
  await stream(
    'fraud-labels',
    events.map(({ transaction_id, amount }) => ({
      label_id: `l-${transaction_id}`,
      known_at,
      transaction_id,
      customer_id: 'C',
      is_fraud: (amount as number) > 180,
    })),
  );
  await until('vectors', async () => (await records(TOPICS.vectors('fraud'))).length >= 200 || undefined);
  await platform.run(['train', 'fraud']);
  await platform.run(['models', 'promote', 'fraud@1']);
  await until('an answer', async () => {
    const { status } = await post('/v1/deployments/fraud/predict', { entity: { customer_id: 'C1' } });
    return status === 200 ? true : undefined;
  });
}, 300_000);

afterAll(async () => {
  await platform.stop();
  rmSync(files, { recursive: true, force: true });
}, 120_000);

it('has a durable answer on the log before it is sent, under the name of its request', async () => {
  const input = { name: 'input', datatype: 'FP32', shape: [2, 4], data: [12.5, 1, 12.5, 1, 240, 3, null, 9] };
  const v2 = await post('/v2/models/fraud/infer', { id: 'order-1', inputs: [input] });
  const [named] = (await requests()).filter(({ event_id }) => event_id === 'order-1');
  expect([v2.status, v2.body.id]).toEqual([200, 'order-1']);
  const [output] = v2.body.outputs as { readonly data: number[] }[];
  expect(named).toMatchObject({ protocol: 'rest-v2', rows: 2, features: input.data, output: output!.data });

  const v1 = await post('/v1/models/fraud:predict', { instances: [[1, 2, 3, 4]] });
  expect(v1.status).toBe(200);
  expect((await requests()).some(({ event_id }) => event_id === v1.requestId)).toBe(true);
});

it('answers an event as the stream then answers it, stage and all, and explains it', async () => {
  for (let n = 0; n < 5; n++) {
    const event = payment();
    const said = await post('/v1/deployments/fraud/predict', { event, explain: true });
    expect(said).toMatchObject({ status: 200, requestId: event.transaction_id });
    const answer = said.body as unknown as Answer;
    await stream('transactions', [event]);
    const id = event.transaction_id as string;
    const vector = await written<{ event_id: string; values: Record<string, number[]> }>(
      TOPICS.vectors('fraud'),
      id,
    );
    expect(Object.values(answer.features)).toEqual(vector.values['1']!.map(Math.fround));
    expect(await written(TOPICS.predictions('fraud'), id)).toMatchObject({
      output: answer.output,
      decision: answer.decision,
    });
    const { base, total, contributions } = answer.explanation;
    expect(Object.keys(contributions)).toEqual(Object.keys(answer.features));
    expect(Object.values(contributions).reduce((sum, part) => sum + part, base)).toBeCloseTo(total, 9);
    const { probability } = answer.output as { probability: number };
    expect(Math.log(probability / (1 - probability))).toBeCloseTo(total, 3);
    const logged = (await requests()).find(({ event_id }) => event_id === id);
    expect(logged).toMatchObject({ protocol: 'predict', event, features: Object.values(answer.features) });
  }
}, 120_000);

it('refuses an event that the stream would reject, with its reason', async () => {
  const { status, body } = await post('/v1/deployments/fraud/predict', {
    event: { ...payment(), amount: -1 },
  });
  expect([status, body.error]).toEqual([
    400,
    expect.objectContaining({
      message: expect.stringContaining('OUT_OF_RANGE') as string,
      details: { stream: 'transactions', rejection: 'OUT_OF_RANGE', field: 'amount' },
    }),
  ]);
});

it('scores every logged request again with the same bits', async () => {
  const logged = (await requests()).length;
  const { json } = await platform.run(['replay', 'verify', 'fraud', '--hops', 'requests']);
  expect(json).toMatchObject({ ok: true, records: logged, bitExact: logged, diverged: 0 });
  expect(logged).toBeGreaterThan(7);
}, 120_000);

it('has every metric that dashboards and rules ask for, of the six services as they run', async () => {
  const { services } = await platform.status();
  const pages = new Map<string, string>();
  for (const [name, { url }] of Object.entries(services))
    pages.set(name, await (await fetch(`${url}/metrics`)).text());
  const all = [...pages.values()].join('\n');
  const asked = metricsAsked();
  expect(asked.length).toBeGreaterThan(25);
  expect(asked.filter((name) => !all.includes(`# TYPE ${name} `))).toEqual([]);
  // What tells how far behind a fold is has values wherever one runs, and no record was set aside.
  for (const [name, page] of pages) {
    expect([name, /^playhead_fold_lag_records\{.*\} 0$/mu.test(page)]).toEqual([name, true]);
    expect([name, /^playhead_fold_dead_letters_total\{.*\} [^0]/mu.test(page)]).toEqual([name, false]);
  }
  const feature = pages.get('feature')!;
  const [, seconds] =
    /^playhead_fold_event_time_seconds\{fold="[^"]*ingestion\.observations\.transactions"[^}]*\} (\S+)$/mu.exec(
      feature,
    )!;
  expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(600);
});

it('takes silences from the command line, and says what is not there', async () => {
  const silence = ['alerts', 'silence', '--deployment', 'fr*', '--for', '2h', '--as', 'ada'];
  const { json: made } = await platform.run(silence);
  expect(made).toMatchObject({ actor: 'ada', match: { deployment: 'fr*' }, inForce: true });
  const { json: listed } = await platform.run(['alerts', 'list']);
  expect(listed).toMatchObject({ alerts: [], silences: [{ silence: made.silence }] });
  const { json: gone } = await platform.run([
    'alerts',
    'unsilence',
    String(made.silence),
    '--as',
    'bob',
    '--json',
  ]);
  expect(gone).toMatchObject({ inForce: false, removed: { by: 'bob' } });
  const { json: refused } = await platform.run(['alerts', 'resolve', 'fraud/none@1', '--reason', 'x'], {
    expectCode: 2,
  });
  expect(refused).toMatchObject({ error: { message: 'there is no alert fraud/none@1' } });
}, 120_000);
