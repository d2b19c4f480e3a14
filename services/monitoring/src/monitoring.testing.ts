import {
  DeploymentUpdated,
  EnvelopeTemplate,
  HEADERS,
  PredictionMade,
  TOPICS,
  VectorComputed,
  encodeEvent,
  type DeploymentFact,
  type EnvelopeHeader,
  type EventContract,
  type EventOf,
} from '#contracts';
import { profileReference, writeReferenceProfile, type ReferenceProfile } from '#drift';
import { readTopic, type EventLog, type NewRecord } from '#eventlog';
import { Rng } from '#kernel';
import { ServiceWorld } from '#testing';
import type { Static, TSchema } from 'typebox';

export const DAY = 86_400_000;
export const START = Date.parse('2026-03-01T00:00:00.000Z');
export const FEATURES = ['amount', 'gap'];
const PARTITIONS = 2;

/** One event with what the model says and what becomes known. */
export interface Row {
  readonly id: string;
  readonly time: number;
  readonly values: readonly (number | null)[];
  readonly score: number;
  readonly label?: boolean;
  readonly version?: number;
  /** When its label was known; a day later by default. */
  readonly knownAt?: number;
}

/** `perDay` payments on each of `days` days. From day `driftFrom` on amounts are threefold; frauds have higher scores. */
export const paymentsOf = (plan: {
  readonly seed: number;
  readonly days: number;
  readonly perDay: number;
  readonly driftFrom?: number;
}): Row[] => {
  const { seed, days, perDay, driftFrom = Infinity } = plan;
  const rng = new Rng(seed);
  return Array.from({ length: days * perDay }, (_, n): Row => {
    const day = Math.floor(n / perDay);
    const label = rng.uniform() < 0.1;
    const amount = 10 + 90 * rng.uniform();
    return {
      id: `tx-${seed}-${n}`,
      time: START + Math.floor((n / perDay) * DAY),
      values: [day >= driftFrom ? amount * 3 : amount, rng.uniform() < 0.05 ? null : rng.below(5)],
      score: label ? 0.4 + 0.6 * rng.uniform() : 0.7 * rng.uniform(),
      label,
    };
  });
};

export const deploymentFact = (profile: string, changes: Partial<DeploymentFact> = {}): DeploymentFact => ({
  ...DeploymentUpdated.sample,
  service: { ...DeploymentUpdated.sample.service, partitions: PARTITIONS, features: FEATURES },
  routes: [{ ...DeploymentUpdated.sample.routes[0]!, version: 1, profile, features: FEATURES }],
  label: { ...DeploymentUpdated.sample.label, partitions: PARTITIONS, maturity_ms: DAY },
  ...changes,
});

/** The neighbours of monitoring over the log in memory: what serving, feature, ingestion and registry would have written. */
export class MonitoringWorld extends ServiceWorld {
  reference!: ReferenceProfile;
  profile!: string;
  private control = -1;
  private readonly vectors = Array.from({ length: PARTITIONS }, () => 0);
  private readonly labels = Array.from({ length: PARTITIONS }, () => 0);

  /** `log`: a real broker instead of the log in memory. */
  static async make(reference: readonly Row[], log?: EventLog): Promise<MonitoringWorld> {
    const world = new MonitoringWorld('monitoring');
    if (log) Object.assign(world, { log, ports: { ...world.ports, log } });
    await world.topics(1, TOPICS.deployments, TOPICS.models);
    await world.topics(
      PARTITIONS,
      TOPICS.vectors('fraud'),
      TOPICS.predictions('fraud'),
      TOPICS.observations('fraud-labels'),
    );
    const columns = FEATURES.map((name, i) => ({ name, values: reference.map(({ values }) => values[i]!) }));
    world.reference = profileReference(
      columns,
      reference.map(({ score }) => score),
    );
    world.profile = await world.artifacts.put(Buffer.from(writeReferenceProfile(world.reference)));
    return world;
  }

  async deploy(changes: Partial<DeploymentFact> = {}): Promise<void> {
    await this.fact(TOPICS.deployments, DeploymentUpdated, deploymentFact(this.profile, changes));
    this.control++;
  }

  /** Vectors and predictions of rows, alternating between the partitions. `again` repeats each prediction, as a zombie would. */
  async predict(rows: readonly Row[], { again = false, threshold = 0.5 } = {}): Promise<void> {
    const records: NewRecord[] = [];
    rows.forEach(({ id, time, values, score, version = 1 }, i) => {
      const partition = i % PARTITIONS;
      const position = `${partition}-${this.vectors[partition]!++}`;
      const event = { event_id: id, entity: { customer_id: id }, event_time: iso(time) };
      const vector = { ...event, trigger: position, values: { '1': [...values] } };
      const prediction: EventOf<typeof PredictionMade> = {
        ...event,
        model: 'fraud',
        version,
        route: 'champion',
        output: { probability: score },
        decision: score >= threshold,
        vector: position,
      };
      const control = [HEADERS.control, Buffer.from(String(this.control))] as const;
      records.push(
        this.record(
          TOPICS.vectors('fraud'),
          VectorComputed,
          'ingestion',
          partition,
          position,
          vector,
          time,
          control,
        ),
      );
      const made = this.record(
        TOPICS.predictions('fraud'),
        PredictionMade,
        TOPICS.vectors('fraud'),
        partition,
        position,
        prediction,
        time,
        control,
      );
      records.push(made, ...(again ? [made] : []));
    });
    await this.append(records);
  }

  /** The trigger's events, which stand at the positions of the vectors: before `predict` of the same rows. */
  async observe(
    rows: readonly Row[],
    fieldsOf: (row: Row) => Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const template = new EnvelopeTemplate({
      type: 'ingestion.observation.recorded',
      source: TOPICS.inbox('transactions'),
    });
    await this.topics(PARTITIONS, TOPICS.observations('transactions'));
    await this.append(
      rows.map((row, i) => ({
        topic: this.topic(TOPICS.observations('transactions')),
        partition: i % PARTITIONS,
        key: null,
        value: Buffer.from(JSON.stringify({ transaction_id: row.id, ...fieldsOf(row) })),
        headers: template.headers(`${i % PARTITIONS}-${i}`, iso(row.time)),
      })),
    );
  }

  async label(rows: readonly Pick<Row, 'id' | 'time' | 'label' | 'knownAt'>[]): Promise<void> {
    const template = new EnvelopeTemplate({
      type: 'ingestion.observation.recorded',
      source: TOPICS.inbox('fraud-labels'),
    });
    await this.append(
      rows.map(({ id, time, label, knownAt = time + DAY }, i) => {
        const partition = i % PARTITIONS;
        const value = { transaction_id: id, known_at: iso(knownAt), is_fraud: label ?? false };
        return {
          topic: this.topic(TOPICS.observations('fraud-labels')),
          partition,
          key: Buffer.from(id),
          value: Buffer.from(JSON.stringify(value)),
          headers: template.headers(`${partition}-${this.labels[partition]!++}`, iso(knownAt)),
        };
      }),
    );
  }

  /** Another world with the log as it stands, but without any committed offset: as if every process had died at once. */
  async crashed(): Promise<MonitoringWorld> {
    const world = new MonitoringWorld('monitoring');
    const topics = (await this.log.listTopics(`${this.namespace}.`)).filter(
      (name) => !name.endsWith('.snapshots'),
    );
    // What is written last is copied first, so that nothing is there without what it was made from.
    const order = [
      'monitoring.alerts',
      'monitoring.reports',
      'monitoring.inputs',
      'monitoring.inputs.fraud',
    ].map((name) => this.topic(name));
    const sorted = [
      ...order.filter((name) => topics.includes(name)),
      ...topics.filter((name) => !order.includes(name)),
    ];
    for (const name of sorted) await copyTopic(this.log, world.log, name);
    Object.assign(world, { reference: this.reference, profile: this.profile, control: this.control });
    for await (const digest of this.artifacts.list())
      await world.artifacts.put(await this.artifacts.get(digest));
    return world;
  }

  private record<S extends TSchema>(
    topic: string,
    contract: EventContract<S>,
    source: string,
    partition: number,
    id: string,
    value: Static<S>,
    time: number,
    ...extra: EnvelopeHeader[]
  ): NewRecord {
    const headers = new EnvelopeTemplate({ type: contract.type, source }).headers(id, iso(time), ...extra);
    return { topic: this.topic(topic), partition, key: null, value: encodeEvent(contract, value), headers };
  }

  private async append(records: readonly NewRecord[]): Promise<void> {
    const producer = this.log.producer();
    await producer.send(records);
    await producer.close();
  }
}

const copyTopic = async (from: EventLog, to: EventLog, topic: string): Promise<void> => {
  const partitions = (await from.partitionCount(topic))!;
  const records = await readTopic(from, topic);
  await to.ensureTopics([{ name: topic, partitions }]);
  const producer = to.producer();
  await producer.send(records.map((record) => ({ ...record, headers: record.headers.entries() })));
  await producer.close();
};

const iso = (time: number): string => new Date(time).toISOString();
