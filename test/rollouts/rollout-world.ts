import {
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  TrainingRunCompleted,
  VectorComputed,
  assignRoute,
  encodeEvent,
  type DeploymentFact,
  type Deployments,
  type EventOf,
  type PredictionMade,
  type RolloutChanged,
} from '#contracts';
import { partitionOf } from '#kernel';
import type { FollowedTopic } from '#eventlog';
import { ModelShelf } from '#folds';
import { trainerOf } from '#learn';
import { ServiceLog, followDeployments, type Worker } from '#runtime';
import { ServiceWorld } from '#testing';
import { ReferenceProfiles } from '../../services/monitoring/src/effects/reference-profiles';
import {
  decidingWorker,
  monitoringFleet,
  rolloutsWorker,
  statusWorker,
} from '../../services/monitoring/src/monitoring.topology';
import { INPUT_CONTRACTS, type Input } from '../../services/registry/src/domain/inputs';
import { completed } from '../../services/registry/src/registry.testing';
import {
  createTopics,
  decider,
  rolloutRouter,
  runRouter,
} from '../../services/registry/src/registry.topology';
import { ServingStatus } from '../../services/serving/src/effects/serving-status';
import { servingFleet } from '../../services/serving/src/serving.topology';

type Prediction = EventOf<typeof PredictionMade>;
type Change = EventOf<typeof RolloutChanged>;

const PARTITIONS = 4;

/** Positive where a feature of the two is great: the first is the amount, the second the count. */
const modelOf = (feature: 0 | 1): Uint8Array => {
  const columns = [
    Float64Array.from({ length: 40 }, (_, i) => (i * 7) % 40),
    Float64Array.from({ length: 40 }, (_, i) => (i * 11) % 40),
  ];
  const labels = columns[feature]!.map((value) => (value >= 20 ? 1 : 0));
  return trainerOf('logistic')
    .fit(
      { featureNames: ['amount', 'tx_count_1d'], columns, labels },
      { l2: 0.01 },
      { task: 'binary', seed: 0 },
    )
    .toOnnx();
};

/** Registry, serving and monitoring over one log in memory; time moves when the test moves it. */
export class RolloutWorld extends ServiceWorld {
  control!: FollowedTopic<Deployments>;
  private events = 0;
  private runs = 0;
  private readonly offsets = Array.from({ length: PARTITIONS }, () => 0);

  static async make(): Promise<RolloutWorld> {
    const world = new RolloutWorld('registry');
    await world.prepare();
    return world;
  }

  /** Topics of those that take no part. */
  protected async prepare(): Promise<void> {
    await this.topics(1, TOPICS.runs);
    await this.topics(PARTITIONS, TOPICS.vectors('fraud'));
    await this.topics(2, TOPICS.observations('fraud-labels'));
  }

  /** All three services, as processes that begin; `more` of the registry's and monitoring's. */
  begin(more: (registry: ServiceLog, monitoring: ServiceLog) => readonly Worker[] = () => []): Promise<void> {
    return this.start((registry) => {
      const [serving, monitoring] = (['serving', 'monitoring'] as const).map(
        (service) => new ServiceLog({ service, namespace: this.namespace }, this.ports, this.transport),
      ) as [ServiceLog, ServiceLog];
      const { log, sleep, logger, artifacts, clock } = this.ports;
      const routers = { eventLog: log, sleep, transport: this.transport };
      this.control = followDeployments(serving);
      const status = new ServingStatus({
        log,
        clock,
        sleep,
        logger,
        serviceLog: serving,
        instance: 'a',
        everyMs: 10,
      });
      const watching = {
        ...this.ports,
        serviceLog: monitoring,
        control: followDeployments(monitoring),
        profiles: new ReferenceProfiles({ artifacts, sleep, logger }),
        instance: 'test',
        tickMs: 20,
        transport: this.transport,
      };
      return [
        { start: () => createTopics(registry), stop: () => Promise.resolve() },
        decider(registry),
        runRouter(registry, routers),
        rolloutRouter(registry, routers),
        serving,
        status,
        servingFleet(this.control, {
          serviceLog: serving,
          shelf: new ModelShelf({ artifacts }),
          status,
          logger,
          transport: this.transport,
        }),
        monitoring,
        decidingWorker(watching),
        rolloutsWorker(watching),
        statusWorker(watching),
        monitoringFleet(watching),
        ...more(registry, monitoring),
      ];
    });
  }

  async submit({ type, value }: Input): Promise<void> {
    const contract = INPUT_CONTRACTS[type];
    this.clock.advance(1_000);
    await this.raw(TOPICS.registryInputs, encodeEvent(contract, value as never), { type: contract.type });
  }

  /** A run that was asked for gives a version: positive where this feature is great. */
  async train(run: string, feature: 0 | 1): Promise<void> {
    const artifact = await this.artifacts.put(modelOf(feature));
    await this.fact(TOPICS.runs, TrainingRunCompleted, completed(run, 0.6, { artifact }), {
      id: `0-${this.runs++}`,
    });
  }

  /** One event of each of so many customers, and a second later. */
  async pay(customers: number, amount: number, count = 0): Promise<readonly string[]> {
    this.clock.advance(1_000);
    const time = new Date(this.clock.now()).toISOString();
    const template = new EnvelopeTemplate({ type: VectorComputed.type, source: 'test' });
    const ids: string[] = [];
    const records = Array.from({ length: customers }, (_, customer) => {
      const key = `C${customer}`;
      const partition = partitionOf(Buffer.from(key), PARTITIONS);
      const trigger = `${partition}-${this.offsets[partition]!++}`;
      const event_id = `tx-${this.events++}`;
      ids.push(event_id);
      const values = { '1': [amount, count] };
      const value = { event_id, entity: { customer_id: key }, event_time: time, trigger, values };
      return {
        topic: this.topic(TOPICS.vectors('fraud')),
        partition,
        key: Buffer.from(key),
        value: Buffer.from(JSON.stringify(value)),
        headers: template.headers(trigger, time),
      };
    });
    const producer = this.log.producer();
    await producer.send(records);
    await producer.close();
    await this.until('predictions', async () => (await this.predicted()) >= this.events);
    return ids;
  }

  async label(ids: readonly string[], isFraud: boolean): Promise<void> {
    const time = new Date(this.clock.now()).toISOString();
    for (const id of ids) {
      const value = {
        label_id: `l-${id}`,
        known_at: time,
        transaction_id: id,
        customer_id: 'C',
        is_fraud: isFraud,
      };
      await this.raw(TOPICS.observations('fraud-labels'), Buffer.from(JSON.stringify(value)), {
        key: id,
        time,
      });
    }
  }

  private async predicted(): Promise<number> {
    const ends = await this.log.ends(this.topic(TOPICS.predictions('fraud'))).catch(() => []);
    return ends.reduce((sum, { end }) => sum + end, 0);
  }

  async deployments(): Promise<DeploymentFact[]> {
    return this.values<DeploymentFact>(TOPICS.deployments).catch(() => []);
  }

  /** `champion=1 95 canary=2 5` */
  async routes(): Promise<string> {
    const fact = (await this.deployments()).at(-1);
    return (fact?.routes ?? [])
      .map(({ route, version, share }) => `${route}=${version}${share === undefined ? '' : ` ${share}`}`)
      .join(' ');
  }

  untilRoutes(wanted: string): Promise<void> {
    return this.until(`routes ${wanted}`, async () => (await this.routes()) === wanted);
  }

  /** Until serving works by the newest routes. */
  async untilTaken(): Promise<void> {
    const newest = (await this.deployments()).length - 1;
    await this.until('serving to know the routes', () => Promise.resolve(this.control.position >= newest));
  }

  changes(): Promise<Change[]> {
    return this.values<Change>(TOPICS.rolloutChanges);
  }

  /** Of the last so many predictions: customers by route, as each record says it, and as the fact under its control position assigns them. */
  async assigned(last: number): Promise<{ said: string; by: string }[]> {
    const facts = await this.deployments();
    return (await this.records(TOPICS.predictions('fraud')))
      .map((record) => {
        const { entity, route } = JSON.parse(String(record.value)) as Prediction;
        const fact = facts[Number(record.headers.text(HEADERS.control))]!;
        const key = entity['customer_id']!;
        return {
          said: `${key} ${route}`,
          by: `${key} ${assignRoute(fact, key)!.route}`,
          at: record.timestamp,
        };
      })
      .sort((a, b) => a.at - b.at)
      .slice(-last)
      .map(({ said, by }) => ({ said, by }));
  }
}
