import {
  DeploymentStarted,
  EnvelopeTemplate,
  HEADERS,
  IntervalReported,
  RoutesTaken,
  TOPICS,
  decodeEvent,
  encodeEvent,
  type EventContract,
  type RouteFact,
} from '#contracts';
import type { Static, TSchema } from 'typebox';
import {
  readLast,
  readTopic,
  untilAvailable,
  type EventLog,
  type LogProducer,
  type NewRecord,
} from '#eventlog';
import type { ServedRows, TakenRoutes } from '#folds';
import { messageOf, type Clock } from '#kernel';
import type { Logger, ServiceLog, Worker } from '#runtime';
import {
  LATENCY_BOUNDS_MS,
  emptyCounts,
  observeLatency,
  type RouteCounts,
} from '../domain/latency-histogram';

export interface ServingStatusOptions {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly instance: string;
  readonly logger: Logger;
  /** How often it says what each route served. */
  readonly everyMs?: number;
}

const REPORT_EVERY_MS = 10_000;

/** Writes `serving.status`: where a deployment begins, and for each interval what each route served. */
export class ServingStatus implements Worker {
  private readonly counts = new Map<string, { deployment: string; route: string; counts: RouteCounts }>();
  private readonly deployments = new Set<string>();
  private producer: LogProducer | undefined;
  private from = 0;
  private timer: NodeJS.Timeout | undefined;
  private serial = 0;

  constructor(private readonly options: ServingStatusOptions) {}

  async start(): Promise<void> {
    await this.options.serviceLog.ensureTopics([{ name: TOPICS.servingStatus, partitions: 1 }]);
    this.from = this.options.clock.now();
    this.timer = setInterval(() => void this.report(), this.options.everyMs ?? REPORT_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.report();
    await this.producer?.close();
  }

  /** Where a deployment begins is a fact: vectors from now on are scored, whatever ends and starts again. */
  begun(deployment: string): void {
    this.deployments.add(deployment);
  }

  hasBegun(deployment: string): boolean {
    return this.deployments.has(deployment);
  }

  /** Counts what a route was asked on the stream. */
  served(deployment: string, route: Pick<RouteFact, 'route' | 'version'>, rows: ServedRows): void {
    const key = `${deployment}/${route.route}/${route.version}`;
    let entry = this.counts.get(key);
    if (!entry)
      this.counts.set(key, (entry = { deployment, route: route.route, counts: emptyCounts(route.version) }));
    const now = this.options.clock.now();
    const { counts } = entry;
    counts.predictions += rows.appended.length;
    counts.errors += rows.errors;
    counts.decided += rows.decided;
    counts.positives += rows.positives;
    counts.scored += rows.scored;
    counts.scoreSum += rows.scoreSum;
    for (const time of rows.appended) observeLatency(counts, now - time);
  }

  /** The bound topic whose requests a deployment has answered; undefined where there is no answer yet. */
  async answeredTopic(deployment: string): Promise<string | undefined> {
    const { log, serviceLog, sleep } = this.options;
    const topic = serviceLog.topic(TOPICS.answers(deployment));
    return untilAvailable(async () => {
      for (const ends of await log.ends(topic)) {
        const source = (await readLast(log, topic, ends))?.headers.text(HEADERS.source);
        if (source !== undefined) return source;
      }
      return undefined;
    }, sleep);
  }

  /** The routes that the log says were taken last, by partition of a deployment's vectors. */
  async routesTaken(deployment: string): Promise<TakenRoutes> {
    const { log, serviceLog, sleep } = this.options;
    const topic = serviceLog.topic(TOPICS.servingStatus);
    const taken: TakenRoutes = new Map();
    for (const { headers, value } of await untilAvailable(() => readTopic(log, topic), sleep)) {
      if (headers.text('ce_type') !== RoutesTaken.type) continue;
      const fact = decodeEvent(RoutesTaken, value);
      const known = taken.get(fact.partition);
      if (fact.deployment === deployment && (!known || known.control < fact.control))
        taken.set(fact.partition, fact);
    }
    return taken;
  }

  /**
   * First offset of each partition of the vectors, or of a bound topic, that a deployment begins to read now. It becomes a fact before the first answer; where two
   * instances ask at once, the first fact on the log holds for both.
   */
  async startOffsets(deployment: string, service: string, bound?: string): Promise<readonly number[]> {
    const { log, serviceLog, sleep } = this.options;
    const known = await untilAvailable(() => this.recordedStart(deployment, bound), sleep);
    if (known) return known;
    const topic = bound ?? serviceLog.topic(TOPICS.vectors(service));
    const ends = await untilAvailable(() => log.ends(topic), sleep);
    await untilAvailable(
      () =>
        this.append(DeploymentStarted, deployment, {
          deployment,
          service,
          ...(bound !== undefined && { topic: bound }),
          offsets: ends.map(({ end }) => end),
        }),
      sleep,
    );
    return (await untilAvailable(() => this.recordedStart(deployment, bound), sleep))!;
  }

  private async recordedStart(
    deployment: string,
    bound: string | undefined,
  ): Promise<readonly number[] | undefined> {
    const { log, serviceLog } = this.options;
    for (const record of await readTopic(log, serviceLog.topic(TOPICS.servingStatus))) {
      if (record.headers.text('ce_type') !== DeploymentStarted.type) continue;
      const fact = decodeEvent(DeploymentStarted, record.value);
      if (fact.deployment === deployment && fact.topic === bound) return fact.offsets;
    }
    return undefined;
  }

  private async report(): Promise<void> {
    const to = this.options.clock.now();
    const entries = [...this.counts.values()];
    const interval = {
      instance: this.options.instance,
      from: new Date(this.from).toISOString(),
      to: new Date(to).toISOString(),
    };
    this.counts.clear();
    this.from = to;
    try {
      for (const { deployment, route, counts } of entries) {
        const { version, predictions, errors, decided, positives, scored, scoreSum, latency } = counts;
        await this.append(IntervalReported, deployment, {
          deployment,
          route,
          version,
          ...interval,
          predictions,
          errors,
          decided,
          positives,
          scored,
          score_sum: scoreSum,
          latency_ms: { bounds: [...LATENCY_BOUNDS_MS], counts: latency },
        });
      }
    } catch (error) {
      // A lost interval report is a gap in a chart, not in the predictions; the next one is sent with a new producer.
      this.options.logger.warn({}, `interval not reported: ${messageOf(error)}`);
    }
  }

  private async append<S extends TSchema>(
    contract: EventContract<S>,
    key: string,
    value: Static<S>,
  ): Promise<void> {
    const { log, serviceLog, clock, instance } = this.options;
    const template = new EnvelopeTemplate({ type: contract.type, source: 'serving' });
    const now = clock.now();
    const id = `${instance}/${now}/${this.serial++}`;
    const record: NewRecord = {
      topic: serviceLog.topic(TOPICS.servingStatus),
      partition: 0,
      key: Buffer.from(key),
      value: encodeEvent(contract, value),
      headers: template.headers(id, new Date(now).toISOString()),
    };
    this.producer ??= log.producer();
    try {
      await this.producer.send([record]);
    } catch (error) {
      await this.producer.close().catch(() => undefined);
      this.producer = undefined;
      throw error;
    }
  }
}
