import {
  DefinitionApplied,
  HEADERS,
  TOPICS,
  compileProject,
  loadDefinitions,
  sourcePositionOf,
  type CompiledFeatureService,
} from '#contracts';
import type { EventLog, FollowedTopic, LogRecord } from '#eventlog';
import { ServiceLog, type Ports, type Worker } from '#runtime';
import { ServiceWorld } from '#testing';
import type { Services } from '#folds';
import { featureFleet, followServices } from './feature.topology';

export const PROJECT = `
kind: Stream
name: payments
spec:
  key: customer_id
  id: id
  time: at
  partitions: 2
  fields:
    id: { type: string }
    at: { type: timestamp }
    customer_id: { type: string }
    terminal_id: { type: string, required: false, nullable: true }
    amount: { type: number, decimals: 2 }
---
kind: Stream
name: labels
spec:
  key: customer_id
  id: id
  time: known_at
  partitions: 2
  fields:
    id: { type: string }
    known_at: { type: timestamp }
    customer_id: { type: string }
    terminal_id: { type: string }
    fraud: { type: boolean }
---
kind: FeatureView
name: amounts
spec: { stream: payments, entity: customer_id, features: [ { name: amount, value: amount } ] }
---
kind: FeatureView
name: risk
spec:
  stream: labels
  entity: terminal_id
  features: [ { name: risk_1d, aggregate: mean, of: "fraud ? 1.0 : 0.0", window: 1d, empty: -1 }, { name: labels_1h, aggregate: count, window: 1h } ]
---
kind: FeatureView
name: spend
spec: { stream: payments, entity: customer_id, features: [ { name: customer_1h, aggregate: count, window: 1h } ] }
---
kind: FeatureView
name: traffic
spec:
  stream: payments
  entity: terminal_id
  features: [ { name: same, value: amount }, { name: terminal_1h, aggregate: count, window: 1h }, { name: terminal_sum_1h, aggregate: sum, of: amount, window: 1h } ]
---
kind: FeatureView
name: reports
spec: { stream: labels, entity: customer_id, features: [ { name: last_report, value: "fraud ? 1.0 : 0.0" } ] }
---
kind: FeatureService
name: svc
spec: { trigger: payments, views: [amounts, risk, spend, traffic, reports], align: 10m }
`;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const START = Date.parse('2026-01-01T00:00:00.000Z');

export const PAYMENTS = TOPICS.observations('payments');
export const LABELS = TOPICS.observations('labels');
export const VECTORS = TOPICS.vectors('svc');
export const PARTS = TOPICS.parts('svc');
export const INPUTS = TOPICS.featureInputs('svc', 'terminal_id');

export interface Payment {
  readonly id: string;
  readonly at: string;
  readonly customer_id: string;
  readonly terminal_id: string | null;
  readonly amount: number;
}

interface Label {
  readonly known_at: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly fraud: boolean;
}

export interface SeenVector {
  readonly event_id: string;
  readonly trigger: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface Instance {
  readonly errors: readonly unknown[];
  stop(): Promise<void>;
}

/** The feature service over two streams and two more entities, on the log in memory. */
export class StagesWorld extends ServiceWorld {
  services!: FollowedTopic<Services>;
  /** Of service `svc`, as it was applied last. */
  compiled!: CompiledFeatureService;

  static async make(text = PROJECT): Promise<StagesWorld> {
    const world = new StagesWorld('feature');
    await world.topics(1, TOPICS.definitions, TOPICS.requests);
    await world.topics(2, PAYMENTS, LABELS);
    await world.apply('1', text);
    return world;
  }

  async apply(revision: string, text: string): Promise<void> {
    const { project } = loadDefinitions([{ path: 'playhead.yaml', text }]);
    for (const { kind, name, digest, spec, compiled } of compileProject(project, '1')) {
      if (kind === 'FeatureService' && name === 'svc') this.compiled = compiled as CompiledFeatureService;
      if (kind !== 'FeatureService') continue;
      await this.fact(TOPICS.definitions, DefinitionApplied, {
        kind,
        name,
        revision,
        digest,
        spec: spec as unknown as Record<string, unknown>,
        compiled: compiled as unknown as Record<string, unknown>,
        applied_by: 'test',
      });
    }
  }

  begin(): Promise<void> {
    return this.start((serviceLog) => [this.fleet(serviceLog, this.ports)]);
  }

  private fleet(serviceLog: ServiceLog, ports: Ports, transport = this.transport): Worker {
    this.services = followServices(serviceLog);
    return featureFleet({
      ...ports,
      namespace: this.namespace,
      serviceLog,
      control: this.services,
      transport,
    });
  }

  /** One more instance of the service, over a log of its own where it is to die. */
  async instance(log: EventLog = this.log): Promise<Instance> {
    const errors: unknown[] = [];
    const transport = { fail: (_: string, error: unknown): void => void errors.push(error) };
    const ports = { ...this.ports, log };
    const serviceLog = new ServiceLog({ service: this.service, namespace: this.namespace }, ports, transport);
    const fleet = this.fleet(serviceLog, ports, transport);
    const workers = [serviceLog, this.services, fleet];
    for (const worker of workers) await worker.start();
    return {
      errors,
      stop: async () => {
        // One that died cannot stop in peace, and lets go of the log all the same.
        for (const worker of [...workers].reverse())
          await worker.stop().catch((error: unknown) => errors.push(error));
      },
    };
  }

  private readonly ends = new Map<string, number>();

  /** As ingestion would: on the partition of the customer, named by an inbox position that rises. */
  private async observe(topic: string, event: { readonly customer_id: string }, time: string): Promise<void> {
    const partition = Number(event.customer_id.slice(1)) % 2;
    const place = `${topic}:${partition}`;
    const next = this.ends.get(place) ?? 0;
    this.ends.set(place, next + 1);
    await this.raw(topic, Buffer.from(JSON.stringify(event)), {
      partition,
      key: event.customer_id,
      id: `${partition}-${next}`,
      time,
    });
  }

  private payments = 0;
  async pay(customer: number, terminal: number | null, minute: number, amount = 1): Promise<void> {
    const at = new Date(START + minute * 60_000).toISOString();
    const id = `p${this.payments++}`;
    const terminal_id = terminal === null ? null : `T${terminal}`;
    await this.observe(PAYMENTS, { id, at, customer_id: `C${customer}`, terminal_id, amount } as Payment, at);
  }

  private labels = 0;
  async label(customer: number, terminal: number, minute: number, fraud: boolean): Promise<void> {
    const known_at = new Date(START + minute * 60_000).toISOString();
    const event = {
      id: `l${this.labels++}`,
      known_at,
      customer_id: `C${customer}`,
      terminal_id: `T${terminal}`,
      fraud,
    };
    await this.observe(LABELS, event, known_at);
  }

  /** Seven minutes apart: payments of four customers at three terminals or none, labels in between, some of them late. */
  async stream(from: number, to: number): Promise<void> {
    for (let n = from; n < to; n++) {
      await this.pay(n % 4, n % 5 === 0 ? null : n % 3, n * 7, n / 4);
      if (n % 3 === 1) await this.label(n % 4, (n * 5) % 3, n * 7 - 20, n % 2 === 0);
    }
  }

  /** All payments have their vectors, in their order and once, and each value is what counting gives. */
  async expectAllRight(payments: number): Promise<void> {
    await this.until(`${payments} vectors`, async () => (await this.vectors()).length >= payments);
    const vectors = await this.vectors();
    const expected = await expectedValues(this);
    expect(vectors.map(({ position }) => position)).toEqual([...expected.keys()]);
    expect(vectors.map(({ vector }) => vector.values['1'])).toEqual([...expected.values()]);
  }

  async vectors(): Promise<{ readonly position: string; readonly vector: SeenVector }[]> {
    return firstOnly(await this.records(VECTORS)).map((record) => ({
      position: record.headers.text(HEADERS.id)!,
      vector: JSON.parse(String(record.value)) as SeenVector,
    }));
  }
}

/**
 * What the vectors of PROJECT must say, by counting: own values in the order of the payments, the others in the order that the routers
 * recorded. By the position of the payment.
 */
export const expectedValues = async (world: StagesWorld): Promise<Map<string, (number | null)[]>> => {
  const expected = new Map<string, (number | null)[]>();
  const terminal = await stageOf(world, 'terminal_id');
  const customer = await stageOf(world, 'customer_id');
  const before: { partition: number; payment: Payment }[] = [];
  for (const record of await world.records(PAYMENTS)) {
    const payment = JSON.parse(String(record.value)) as Payment;
    const at = Date.parse(payment.at);
    before.push({ partition: record.partition, payment });
    const own = before.filter(
      (other) =>
        other.partition === record.partition &&
        other.payment.customer_id === payment.customer_id &&
        isWithin(Date.parse(other.payment.at), at, HOUR),
    ).length;
    const position = `${record.partition}-${record.offset}`;
    const [risk, labels, count, sum] = terminal(position, ({ payments, known }) => {
      const fraud = known.filter((label) => isWithin(Date.parse(label.known_at), at, DAY));
      const near = payments.filter((other) => isWithin(Date.parse(other.at), at, HOUR));
      return [
        fraud.length === 0 ? -1 : fraud.filter(({ fraud: is }) => is).length / fraud.length,
        known.filter((label) => isWithin(Date.parse(label.known_at), at, HOUR)).length,
        near.length,
        near.reduce((sum, other) => sum + Math.round(other.amount * 100), 0) / 100,
      ];
    });
    const [last] = customer(position, ({ known }) => {
      const upTo = known
        .map((label, index) => ({ label, index, time: Date.parse(label.known_at) }))
        .filter(({ time }) => time <= at)
        .sort((a, b) => a.time - b.time || a.index - b.index);
      const newest = upTo[upTo.length - 1];
      return [newest ? (newest.label.fraud ? 1 : 0) : null];
    });
    expected.set(position, [payment.amount, risk!, labels!, own, payment.amount, count!, sum!, last!]);
  }
  return expected;
};

const isWithin = (time: number, at: number, width: number): boolean => time > at - width && time <= at;

interface Known {
  readonly payments: readonly Payment[];
  readonly known: readonly Label[];
}

/** What a stage had seen of the trigger's entity when the trigger came, itself counted in; nothing where it names none. */
const stageOf = async (
  world: StagesWorld,
  entity: 'terminal_id' | 'customer_id',
): Promise<(position: string, count: (known: Known) => (number | null)[]) => (number | null)[]> => {
  const seen = new Map<string, Known>();
  const byEntity = new Map<string, { payments: Payment[]; known: Label[] }>();
  for (const record of firstOnly(await world.records(TOPICS.featureInputs('svc', entity)))) {
    const key = record.key === null ? null : `${record.partition}/${record.key.toString()}`;
    const known = (key === null ? undefined : byEntity.get(key)) ?? { payments: [], known: [] };
    if (key !== null) byEntity.set(key, known);
    const event = JSON.parse(String(record.value)) as Payment & Label;
    if (record.headers.text(HEADERS.source) === LABELS) known.known.push(event);
    else {
      if (key !== null) known.payments.push(event);
      seen.set(record.headers.text(HEADERS.id)!, { payments: [...known.payments], known: [...known.known] });
    }
  }
  return (position, count) => {
    const known = seen.get(position);
    if (!known) throw new Error(`the stage of ${entity} has no input for ${position}`);
    return count(known);
  };
};

/** Law L3, the ten-line rule. */
const firstOnly = (records: readonly LogRecord[]): LogRecord[] => {
  const highest = new Map<string, number>();
  return records.filter(({ partition, headers }) => {
    const position = sourcePositionOf(headers)!;
    const place = `${partition} ${headers.text(HEADERS.source)} ${position.partition}`;
    if ((highest.get(place) ?? -1) >= position.offset) return false;
    highest.set(place, position.offset);
    return true;
  });
};
