import { NondeterminismDetected, Refused, TransientFailure } from '#kernel';
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { AppendedPosition, LogProducer, NewRecord, TopicPartition } from '../port';
import type { Cluster } from './cluster';
import { type Connection, destroyConnection, exchange, isPassing, retrying, unavailable } from './connection';
import { decodeProduce, encodeProduce, PRODUCE } from './wire/produce';
import { BatchWriter } from './wire/batch-writer';

export interface ProducerSettings {
  /** A batch is not made larger than this; a record that is larger goes alone. */
  readonly batchBytes: number;
  /** Batches of one round, over all partitions. */
  readonly roundBytes: number;
  /** How long a batch is sent again before the producer gives up. */
  readonly deliveryTimeoutMs: number;
}

/** What goes to one partition, in order, and how far it has come. */
interface Lane extends TopicPartition {
  readonly key: string;
  readonly records: NewRecord[];
  /** Where each record stands in the caller's input. */
  readonly inputs: number[];
  done: number;
}

/** A batch with its place in the sequence: it is sent again as it is, or not at all. */
interface OutBatch extends TopicPartition {
  readonly lane: Lane;
  readonly count: number;
  readonly batch: Buffer;
}

type Outcome =
  | { readonly kind: 'appended'; readonly baseOffset: number }
  | { readonly kind: 'again'; readonly why: unknown }
  | { readonly kind: 'too-large' };

const MAX_SEQUENCE = 0x7fff_ffff;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

const MESSAGE_TOO_LARGE = 10;
const RECORD_LIST_TOO_LARGE = 18;
const DUPLICATE_SEQUENCE_NUMBER = 46;
/**
 * Refusals after which the same batch with the same sequence number may go out again: UNKNOWN_TOPIC_OR_PARTITION,
 * LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, NETWORK_EXCEPTION, NOT_ENOUGH_REPLICAS (and after append),
 * KAFKA_STORAGE_ERROR, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, THROTTLING_QUOTA_EXCEEDED.
 */
const SEND_AGAIN = new Set([3, 5, 6, 7, 13, 19, 20, 56, 74, 75, 89]);

/**
 * An idempotent writer. Its safety rests on three rules: one `send` at a time; one batch in flight for each partition and
 * nothing behind an unresolved one; a batch is sent again only as it is, with the sequence number that it has. So the broker
 * drops what arrives twice, and a lost answer can neither lose nor reorder anything. Each partition of an answer is checked.
 */
export class KafkaProducer implements LogProducer {
  private tail: Promise<unknown> = Promise.resolve();
  private spent: string | undefined;
  private identity: { producerId: number; producerEpoch: number } | undefined;
  private readonly nextSequence = new Map<string, number>();
  private readonly lastOffset = new Map<string, number>();
  private readonly topicBatchBytes = new Map<string, number>();
  private readonly connections = new Map<number, Connection>();
  private readonly writer = new BatchWriter();

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ProducerSettings,
    private readonly onClose: () => void = () => undefined,
  ) {}

  send(records: readonly NewRecord[]): Promise<AppendedPosition[]> {
    const result = this.tail.then(() => this.sendAlone(records));
    this.tail = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.tail;
    this.spent ??= 'it was closed';
    for (const connection of this.connections.values()) destroyConnection(connection);
    this.connections.clear();
    this.onClose();
  }

  private async sendAlone(records: readonly NewRecord[]): Promise<AppendedPosition[]> {
    if (this.spent)
      throw new TransientFailure(
        'PLAYHEAD_LOG_UNAVAILABLE',
        `this producer is spent, ${this.spent}; make a new one`,
      );
    try {
      const lanes = lanesOf(records);
      const positions = new Array<AppendedPosition>(records.length);
      this.identity ??= await this.identify();
      for (
        let open = lanes;
        open.length > 0;
        open = open.filter(({ done, records: { length } }) => done < length)
      ) {
        await this.deliver(this.nextRound(open), positions);
      }
      return positions;
    } catch (error) {
      this.spent = 'a send failed';
      throw unavailable(error);
    }
  }

  private async identify(): Promise<{ producerId: number; producerEpoch: number }> {
    const ask = (): Promise<unknown> =>
      this.cluster.ask('InitProducerId', { transactionalId: null, transactionTimeout: -1 });
    const again = (error: unknown): boolean => isPassing(error) || error instanceof TransientFailure;
    const answer = (await retrying(ask, this.settings.deliveryTimeoutMs, again)) as {
      producerId: string;
      producerEpoch: number;
    };
    return { producerId: Number(answer.producerId), producerEpoch: answer.producerEpoch };
  }

  /** The next batch of each lane, as far as the round has room. */
  private nextRound(lanes: readonly Lane[]): OutBatch[] {
    const round: OutBatch[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      const limit = this.topicBatchBytes.get(lane.topic) ?? this.settings.batchBytes;
      const origin = { ...this.identity!, baseSequence: this.nextSequence.get(lane.key) ?? 0 };
      const { batch, count } = this.writer.write(lane.records, lane.done, limit, origin, Date.now());
      round.push({ lane, topic: lane.topic, partition: lane.partition, count, batch });
      bytes += batch.length;
      if (bytes >= this.settings.roundBytes) break;
    }
    return round;
  }

  /** Sends batches until each is appended; one that is too large is left for the next round, to be made smaller. */
  private async deliver(round: readonly OutBatch[], positions: AppendedPosition[]): Promise<void> {
    const deadline = Date.now() + this.settings.deliveryTimeoutMs;
    let pending = round;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const outcomes = await this.sendToLeaders(pending);
      const again: OutBatch[] = [];
      let why: unknown;
      for (const batch of pending) {
        const outcome = outcomes.get(batch)!;
        if (outcome.kind === 'appended') this.settle(batch, outcome.baseOffset, positions);
        else if (outcome.kind === 'too-large') this.shrink(batch);
        else {
          again.push(batch);
          why = outcome.why;
        }
      }
      if (again.length === 0) return;
      if (Date.now() + pauseMs > deadline)
        throw unavailable(why, `no acknowledgement within ${this.settings.deliveryTimeoutMs} ms`);
      await pauseFor(pauseMs);
      await this.cluster.refresh([...new Set(again.map(({ topic }) => topic))]).catch(() => undefined);
      pending = again;
    }
  }

  /** One request to each leader, all at once. Every batch has an outcome. */
  private async sendToLeaders(batches: readonly OutBatch[]): Promise<Map<OutBatch, Outcome>> {
    const unknown = new Set(
      batches.filter((batch) => this.cluster.leader(batch) === undefined).map(({ topic }) => topic),
    );
    if (unknown.size > 0) await this.cluster.refresh([...unknown]).catch(() => undefined);
    const outcomes = new Map<OutBatch, Outcome>();
    const byLeader = new Map<number, OutBatch[]>();
    for (const batch of batches) {
      const leader = this.cluster.leader(batch);
      if (leader === undefined)
        outcomes.set(batch, {
          kind: 'again',
          why: new Error(`${batch.topic}:${batch.partition} has no leader`),
        });
      else if (byLeader.has(leader)) byLeader.get(leader)!.push(batch);
      else byLeader.set(leader, [batch]);
    }
    // All requests are waited for, also when one of them fails: nothing may be in flight when this returns.
    const answers = await Promise.allSettled(
      [...byLeader].map(([leader, mine]) => this.sendToLeader(leader, mine, outcomes)),
    );
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    return outcomes;
  }

  private async sendToLeader(
    leader: number,
    batches: readonly OutBatch[],
    outcomes: Map<OutBatch, Outcome>,
  ): Promise<void> {
    let payload: Buffer;
    try {
      const connection = await this.connectionTo(leader);
      const timeoutMs = this.cluster.requestTimeoutMs;
      payload = await exchange(connection, {
        ...PRODUCE,
        body: encodeProduce(batches, timeoutMs),
        timeoutMs,
      });
    } catch (why) {
      // Whether the batches were appended is unknown; the sequence number makes it harmless to send them again.
      destroyConnection(this.connections.get(leader));
      this.connections.delete(leader);
      for (const batch of batches) outcomes.set(batch, { kind: 'again', why });
      return;
    }
    const { partitions, throttleMs } = decodeProduce(payload);
    this.connections.get(leader)?.requestQueue.maybeThrottle(throttleMs);
    const answered = new Map(partitions.map((partition) => [keyOf(partition), partition]));
    for (const batch of batches) {
      const answer = answered.get(keyOf(batch));
      if (!answer) throw incomplete(batch);
      outcomes.set(batch, outcomeOf(batch, answer));
    }
  }

  private settle(
    { lane, count, topic, partition }: OutBatch,
    baseOffset: number,
    positions: AppendedPosition[],
  ): void {
    const before = this.lastOffset.get(lane.key);
    if (before !== undefined && baseOffset <= before) {
      throw new NondeterminismDetected(
        'PLAYHEAD_LOG_REWRITTEN',
        `${lane.key} was appended to at ${baseOffset}, behind ${before}: it was recreated or cut`,
        {
          details: { topic, partition, offset: baseOffset, before },
        },
      );
    }
    for (let i = 0; i < count; i++)
      positions[lane.inputs[lane.done + i]!] = { topic, partition, offset: baseOffset + i };
    lane.done += count;
    this.lastOffset.set(lane.key, baseOffset + count - 1);
    this.nextSequence.set(lane.key, sequenceAfter(this.nextSequence.get(lane.key) ?? 0, count));
  }

  /** A refusal for size comes before anything is appended, so the sequence number is still free. */
  private shrink({ topic, partition, batch, count }: OutBatch): void {
    if (count === 1) {
      throw new Refused(
        'PLAYHEAD_REQUEST_TOO_LARGE',
        `a record of ${batch.length} bytes is over the limit of ${topic} (max.message.bytes)`,
        {
          details: { topic, partition, bytes: batch.length },
        },
      );
    }
    this.topicBatchBytes.set(topic, Math.floor(batch.length / 2));
  }

  private async connectionTo(leader: number): Promise<Connection> {
    const known = this.connections.get(leader);
    if (known?.isConnected()) return known;
    const connection = await this.cluster.open(leader);
    this.connections.set(leader, connection);
    return connection;
  }
}

const outcomeOf = (
  at: TopicPartition,
  { errorCode, baseOffset }: { errorCode: number; baseOffset: number },
): Outcome => {
  if (errorCode === 0 || errorCode === DUPLICATE_SEQUENCE_NUMBER) {
    // A duplicate that the broker remembers is answered with its first position; one without a position is for the tail rule.
    if (baseOffset < 0) throw incomplete(at);
    return { kind: 'appended', baseOffset };
  }
  const why = new TransientFailure(
    'PLAYHEAD_LOG_UNAVAILABLE',
    `${keyOf(at)}: the broker refused the batch with error ${errorCode}`,
    { details: { errorCode } },
  );
  if (errorCode === MESSAGE_TOO_LARGE || errorCode === RECORD_LIST_TOO_LARGE) return { kind: 'too-large' };
  if (SEND_AGAIN.has(errorCode)) return { kind: 'again', why };
  throw why;
};

const incomplete = (at: TopicPartition): TransientFailure =>
  new TransientFailure(
    'PLAYHEAD_LOG_SEND_INCOMPLETE',
    `the answer does not say where ${keyOf(at)} was appended to`,
    { details: { ...at } },
  );

/** Records by partition, each in the order of the input. Linear in their number. */
const lanesOf = (records: readonly NewRecord[]): Lane[] => {
  const lanes: Lane[] = [];
  const byTopic = new Map<string, Lane[]>();
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    let ofTopic = byTopic.get(record.topic);
    if (!ofTopic) byTopic.set(record.topic, (ofTopic = []));
    let lane = ofTopic[record.partition];
    if (!lane) {
      const { topic, partition } = record;
      lane = ofTopic[partition] = {
        key: keyOf(record),
        topic,
        partition,
        records: [],
        inputs: [],
        done: 0,
      };
      lanes.push(lane);
    }
    lane.records.push(record);
    lane.inputs.push(i);
  }
  return lanes;
};

/** Sequence numbers are 31 bits wide and begin again at 0. */
export const sequenceAfter = (sequence: number, count: number): number =>
  sequence <= MAX_SEQUENCE - count ? sequence + count : count - (MAX_SEQUENCE - sequence) - 1;

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}:${partition}`;
