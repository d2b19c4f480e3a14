import type { TSchema } from 'typebox';
import {
  EnvelopeTemplate,
  TOPICS,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import {
  SharedAppender,
  TopicFollower,
  readRange,
  type AppendedPosition,
  type EventLog,
  type LogRecord,
  type NewRecord,
} from '#eventlog';
import { ContractViolation, PlatformError, partitionOf, type Clock } from '#kernel';
import {
  digestOfState,
  type Logger,
  type ReadModel,
  type Rebuilt,
  type ServiceLog,
  type Sleep,
  type StateDigest,
  type Worker,
} from '#runtime';
import { TRACKING_CONTRACTS, isAboutNames, keyOf, type FactType, type TrackingFact } from './domain/facts';
import type { Outcome } from './domain/outcome';
import { RefusedByMlflow } from './domain/refusal';
import { TrackingState } from './domain/tracking-state';

export const TRACKING_PARTITIONS = 8;
const MOST_QUEUED_BYTES = 64_000_000;

export interface TrackingLogOptions {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** How long a door waits until its own fact is folded. */
  readonly patienceMs: number;
  /** Tells this instance's request ids from those of others. */
  readonly instance: string;
}

/**
 * `registry.tracking` as one instance has it: facts are appended and answered when they are folded. An own fact that continues its
 * partition is folded as soon as it is acknowledged; whatever others wrote comes by following the topic. Either way each partition is
 * folded in the order of the log, so every instance comes to the same answers, and of two that contradict the first one wins on all.
 */
export class TrackingLog implements Worker, ReadModel {
  readonly name = 'tracking';
  private readonly topic: string;
  private readonly appender: SharedAppender;
  private readonly follower: TopicFollower;
  private readonly templates = new Map<FactType, EnvelopeTemplate>();
  /** The next offset of each partition to fold. */
  private readonly next = new Array<number>(TRACKING_PARTITIONS).fill(0);
  /** Own facts that are not folded yet, by request id. */
  private readonly pending = new Map<string, (outcome: Outcome) => void>();
  private current = new TrackingState();
  private serial = 0;
  private meanwhile: TrackingFact[] | undefined;
  private ready = false;
  private stopped = false;
  private readonly begun: string;

  constructor(private readonly options: TrackingLogOptions) {
    const { log, serviceLog, sleep, clock, instance } = options;
    this.topic = serviceLog.topic(TOPICS.tracking);
    this.begun = `${instance}-${clock.now().toString(36)}`;
    this.appender = new SharedAppender({ log, maxQueuedBytes: MOST_QUEUED_BYTES });
    this.follower = new TopicFollower({
      log,
      topic: this.topic,
      sleep,
      onRecords: (records) => records.forEach((record) => this.take(record)),
    });
  }

  get state(): TrackingState {
    return this.current;
  }

  async start(): Promise<void> {
    await this.options.serviceLog.ensureTopics([{ name: TOPICS.tracking, partitions: TRACKING_PARTITIONS }]);
    await this.follower.start();
    while (!this.follower.caughtUp && !this.stopped) await this.options.sleep(5);
    this.ready = !this.stopped;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.appender.close();
    await this.follower.stop();
  }

  status(): unknown {
    return this.follower.status();
  }

  /**
   * Takes a fact to the log and gives what became of it. @throws RefusedByMlflow where the fold refuses it, and
   * TEMPORARILY_UNAVAILABLE while nothing can be appended or the fold is too far behind.
   */
  async submit(fact: TrackingFact): Promise<Outcome> {
    if (!this.ready) throw unavailable('the state of experiments and runs is still being folded');
    const id = `${this.begun}-${this.serial++}`;
    const folded = new Promise<Outcome>((resolve) => this.pending.set(id, resolve));
    try {
      const position = await this.append(this.recordOf(fact, id));
      if (this.next[position.partition] === position.offset)
        this.fold(position.partition, position.offset, id, fact);
      const outcome = this.pending.has(id) ? await this.patiently(folded, position) : await folded;
      if (outcome.refusal) throw new RefusedByMlflow(outcome.refusal.code, outcome.refusal.message);
      return outcome;
    } finally {
      this.pending.delete(id);
    }
  }

  private async append(record: NewRecord): Promise<AppendedPosition> {
    try {
      return (await this.appender.append([record]))[0]!;
    } catch (error) {
      if (error instanceof PlatformError && error.code === 'PLAYHEAD_OVERLOADED')
        throw new RefusedByMlflow('REQUEST_LIMIT_EXCEEDED', error.message);
      if (error instanceof PlatformError && error.disposition === 'retry') throw unavailable(error.message);
      throw error;
    }
  }

  private async patiently(folded: Promise<Outcome>, at: AppendedPosition): Promise<Outcome> {
    const late = this.options.sleep(this.options.patienceMs).then(() => undefined);
    const outcome = await Promise.race([folded, late]);
    if (outcome) return outcome;
    throw unavailable(`the request is on the log (${at.partition}-${at.offset}) but not folded yet`);
  }

  /** A record from the log; those that were folded when they were acknowledged are passed over. */
  private take(record: LogRecord): void {
    const { partition, offset } = record;
    if (offset < (this.next[partition] ?? Infinity)) return;
    try {
      const { id, fact } = decodeFact(record);
      this.fold(partition, offset, id, fact);
    } catch (error) {
      this.options.logger.error(
        { topic: this.topic, partition, offset, err: error },
        'a fact on registry.tracking cannot be applied and is passed over',
      );
      this.next[partition] = offset + 1;
    }
  }

  private fold(partition: number, offset: number, id: string, fact: TrackingFact): void {
    this.next[partition] = offset + 1;
    const outcome = this.current.apply(fact);
    this.meanwhile?.push(fact);
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    waiting?.(outcome);
  }

  private recordOf(fact: TrackingFact, id: string): NewRecord {
    const contract: EventContract = TRACKING_CONTRACTS[fact.type];
    const key = keyOf(fact);
    const template = this.template(fact.type);
    return {
      topic: this.topic,
      partition: isAboutNames(fact) ? 0 : partitionOfKey(key),
      key,
      value: encodeEvent(contract, fact.value),
      shared: template.shared(),
      headers: template.own(id, new Date(this.options.clock.now()).toISOString()),
    };
  }

  private template(type: FactType): EnvelopeTemplate {
    let template = this.templates.get(type);
    if (!template) {
      template = new EnvelopeTemplate({ type: TRACKING_CONTRACTS[type].type, source: 'registry.doors' });
      this.templates.set(type, template);
    }
    return template;
  }

  digest(): Promise<StateDigest> {
    return Promise.resolve(digestOfState(positionText(this.positions()), this.current.rows()));
  }

  async rebuild(): Promise<Rebuilt> {
    const positions = this.positions();
    const before = digestOfState(positionText(positions), this.current.rows());
    const meanwhile: TrackingFact[] = (this.meanwhile = []);
    try {
      const fresh = new TrackingState();
      for (const { partition, start } of await this.options.log.ends(this.topic))
        for await (const chunk of readRange(
          this.options.log,
          this.topic,
          partition,
          start,
          positions[partition]!,
        ))
          if (chunk.kind === 'records') for (const record of chunk.records) applyReadable(fresh, record);
      const after = digestOfState(positionText(positions), fresh.rows());
      for (const fact of meanwhile) fresh.apply(fact);
      this.current = fresh;
      return { before, after };
    } finally {
      this.meanwhile = undefined;
    }
  }

  private positions(): number[] {
    return [...this.next];
  }
}

const applyReadable = (state: TrackingState, record: LogRecord): void => {
  try {
    state.apply(decodeFact(record).fact);
  } catch {
    // Told when it came.
  }
};

const positionText = (positions: readonly number[]): string =>
  `${TOPICS.tracking} ${positions.map((offset, partition) => `${partition}:${offset}`).join(',')}`;

/** Everything but names, over the partitions behind the first. */
const partitionOfKey = (key: string): number => 1 + partitionOf(Buffer.from(key), TRACKING_PARTITIONS - 1);

const typeOf = new Map(
  Object.entries(TRACKING_CONTRACTS).map(([type, contract]) => [contract.type, type as FactType]),
);

/** @throws ContractViolation where a record is no fact of this topic. */
export const decodeFact = (record: LogRecord): { readonly id: string; readonly fact: TrackingFact } => {
  const envelope = readEnvelope(record.headers);
  const type = typeOf.get(envelope.type);
  if (!type)
    throw new ContractViolation(
      'PLAYHEAD_ENVELOPE_INVALID',
      `${envelope.type} does not belong on registry.tracking`,
    );
  const value = decodeEvent<TSchema>(TRACKING_CONTRACTS[type], record.value);
  return { id: envelope.id, fact: { type, value } as TrackingFact };
};

const unavailable = (message: string): RefusedByMlflow =>
  new RefusedByMlflow('TEMPORARILY_UNAVAILABLE', message);
