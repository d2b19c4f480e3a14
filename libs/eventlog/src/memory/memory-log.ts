import { OwnershipLost, PlatformError, Refused, TransientFailure } from '#kernel';
import { assignPartitions } from '../assigner';
import { HeaderList, bytesOf } from '../headers';
import type {
  AppendedPosition,
  Chunk,
  CommittedOffset,
  EventLog,
  JoinOptions,
  LogProducer,
  LogReader,
  LogRecord,
  Membership,
  NewRecord,
  OffsetRange,
  PartitionEnds,
  TopicPartition,
  TopicSpec,
  UnreadableChunk,
} from '../port';

/** A slot of a partition: a record, a batch that cannot be decoded and takes up several offsets, or offsets that no reader gets. */
type Slot = LogRecord | UnreadableSlot | PassedSlot;
type PassedSlot = OffsetRange & { readonly passed: true };
type UnreadableSlot = Pick<
  UnreadableChunk,
  'reason' | 'message' | 'raw' | 'timestamp' | 'firstOffset' | 'lastOffset' | 'count'
> & { readonly unreadable: true };

interface MemoryPartition {
  start: number;
  end: number;
  slots: Slot[];
}

/** Decides about a `send` before it happens; used by tests to lose answers and to refuse. */
export type SendFault = (
  records: readonly NewRecord[],
) => 'append' | 'refuse' | 'append-then-fail' | 'append-half-then-fail';

export interface MemoryLogOptions {
  /** Append time; a test moves it. */
  readonly now?: () => number;
}

/** The log in memory: the twin of the Kafka adapter for tests, under the same conformance suite. */
export class MemoryLog implements EventLog {
  private readonly topics = new Map<
    string,
    { spec: Pick<TopicSpec, 'name' | 'config'>; partitions: MemoryPartition[] }
  >();
  private readonly groups = new Map<string, MemoryGroup>();
  private readonly waiters = new Set<() => void>();
  private fault: SendFault = () => 'append';
  private away = false;
  private joined = 0;

  constructor(private readonly options: MemoryLogOptions = {}) {}

  injectFault(fault: SendFault): void {
    this.fault = fault;
  }

  /** While away, everything rejects with TransientFailure. */
  setAway(away: boolean): void {
    this.away = away;
    this.wake();
  }

  /** Appends a batch that no reader can decode, as a producer with a foreign codec would. */
  appendUnreadable(
    at: TopicPartition,
    slot: Pick<UnreadableChunk, 'reason' | 'message' | 'raw' | 'count'>,
  ): number {
    const partition = this.partition(at);
    const firstOffset = partition.end;
    partition.slots.push({
      ...slot,
      unreadable: true,
      firstOffset,
      lastOffset: firstOffset + slot.count - 1,
      timestamp: this.now(),
    });
    partition.end += slot.count;
    this.wake();
    return firstOffset;
  }

  /** Takes up offsets without a record for a reader, as the markers of transactions do. */
  appendPassed(at: TopicPartition, count: number): void {
    const partition = this.partition(at);
    partition.slots.push({ passed: true, first: partition.end, last: partition.end + count - 1 });
    partition.end += count;
    this.wake();
  }

  /** Puts other contents in the place of a record, or takes it away: what a broken disk does. */
  spoil(
    at: TopicPartition,
    offset: number,
    change: Partial<Pick<LogRecord, 'key' | 'value'>> | 'lose',
  ): void {
    const partition = this.partition(at);
    partition.slots = partition.slots.flatMap((slot) => {
      if (!('offset' in slot) || slot.offset !== offset) return [slot];
      return change === 'lose' ? [] : [{ ...slot, ...change }];
    });
  }

  deleteRecords(at: TopicPartition, before: number): Promise<void> {
    return this.available(() => {
      const partition = this.partition(at);
      if (before > partition.end)
        throw new Refused(
          'PLAYHEAD_REQUEST_INVALID',
          `${at.topic}:${at.partition} ends at ${partition.end}; it cannot be cut below ${before}`,
        );
      partition.start = Math.max(partition.start, before);
      partition.slots = partition.slots.filter((slot) => lastOffsetOf(slot) >= partition.start);
    });
  }

  configureTopic(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.available(() => {
      const topic = this.topics.get(name);
      if (!topic) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no topic ${name} yet`);
      topic.spec = { ...topic.spec, config };
    });
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.available(() => {
      for (const spec of specs) {
        const existing = this.topics.get(spec.name);
        if (!existing) {
          const partitions = Array.from({ length: spec.partitions }, () => ({ start: 0, end: 0, slots: [] }));
          this.topics.set(spec.name, { spec, partitions });
        } else if (stampOf(existing.spec) !== stampOf(spec)) {
          throw mismatch(
            `topic ${spec.name} has message.timestamp.type=${stampOf(existing.spec)}; it must be ${stampOf(spec)}`,
          );
        } else if (existing.partitions.length !== spec.partitions) {
          throw mismatch(
            `topic ${spec.name} has ${existing.partitions.length} partitions, its definition says ${spec.partitions}; partitions are for ever: make a new generation of the stream`,
          );
        }
      }
    });
  }

  partitionCount(topic: string): Promise<number | undefined> {
    return this.available(() => this.topics.get(topic)?.partitions.length);
  }

  listTopics(prefix: string): Promise<string[]> {
    return this.available(() => [...this.topics.keys()].filter((name) => name.startsWith(prefix)).sort());
  }

  ends(topic: string): Promise<PartitionEnds[]> {
    return this.available(() => {
      const found = this.topics.get(topic);
      if (!found) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no topic ${topic} yet`);
      return found.partitions.map(({ start, end }, partition) => ({ partition, start, end }));
    });
  }

  bytesOnDisk(prefix: string): Promise<Map<string, number>> {
    return this.available(
      () =>
        new Map(
          [...this.topics]
            .filter(([name]) => name.startsWith(prefix))
            .map(([name, { partitions }]) => [
              name,
              partitions.flatMap(({ slots }) => slots).reduce((sum, slot) => sum + sizeOf(slot), 0),
            ]),
        ),
    );
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.available(() => names.forEach((name) => this.topics.delete(name)));
  }

  committed(group: string, topic: string): Promise<Map<number, CommittedOffset>> {
    return this.available(() => new Map(this.group(group).committed.get(topic)));
  }

  reader(): LogReader {
    return new MemoryReader(this);
  }

  producer(): LogProducer {
    let spent = false;
    let tail: Promise<unknown> = Promise.resolve();
    return {
      send: (records) => {
        const result = tail.then(() => {
          if (spent)
            throw new TransientFailure(
              'PLAYHEAD_LOG_UNAVAILABLE',
              'this producer is spent after a failure; make a new one',
            );
          try {
            return this.append(records);
          } catch (error) {
            spent = true;
            throw error;
          }
        });
        tail = result.catch(() => undefined);
        return result;
      },
      close: async () => {
        spent = true;
        await tail;
      },
    };
  }

  async join(options: JoinOptions): Promise<Membership> {
    const group = this.group(options.group);
    await this.available(() => undefined);
    const member: MemoryMember = {
      id: `member-${String(++this.joined).padStart(6, '0')}`,
      options,
      owned: {},
    };
    group.members.push(member);
    this.rebalance(group);
    return {
      commit: async (offsets) => {
        await this.available(() => undefined);
        const moved = offsets.find(({ topic, partition }) => !member.owned[topic]?.includes(partition));
        if (!group.members.includes(member) || moved)
          throw new OwnershipLost('the partition belongs to another member now');
        for (const { topic, partition, offset, metadata } of offsets) {
          let byPartition = group.committed.get(topic);
          if (!byPartition) group.committed.set(topic, (byPartition = new Map<number, CommittedOffset>()));
          byPartition.set(partition, { offset, metadata: metadata ?? '' });
        }
      },
      leave: async () => {
        await Promise.resolve();
        this.evict(group, member);
      },
    };
  }

  ping(): Promise<void> {
    return this.available(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  /** The next chunk of a partition at an offset, or undefined where there is none yet. */
  chunkAt(at: TopicPartition, offset: number, maxRecords: number): Chunk | undefined {
    if (this.away) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the log is away');
    const partition = this.partition(at);
    if (offset < partition.start || offset > partition.end) {
      throw new PlatformError(
        'PLAYHEAD_LOG_HOLE',
        'halt',
        `${at.topic}:${at.partition} holds offsets ${partition.start} to ${partition.end}, not ${offset}`,
        {
          details: { ...at, offset, start: partition.start, end: partition.end },
        },
      );
    }
    const first = firstSlotAt(partition.slots, offset);
    const slot = partition.slots[first];
    if (!slot) return undefined;
    const highWatermark = partition.end;
    if ('unreadable' in slot) {
      const { unreadable: _, ...rest } = slot;
      return { kind: 'unreadable', ...at, ...rest, nextOffset: slot.lastOffset + 1, highWatermark };
    }
    const records: LogRecord[] = [];
    const passed: OffsetRange[] = [];
    let nextOffset = offset;
    for (let i = first; i < partition.slots.length && records.length < maxRecords; i++) {
      const next = partition.slots[i]!;
      if ('unreadable' in next) break;
      if ('passed' in next) passed.push({ first: Math.max(next.first, offset), last: next.last });
      else records.push(next);
      nextOffset = lastOffsetOf(next) + 1;
    }
    return {
      kind: 'records',
      ...at,
      records,
      ...(passed.length > 0 && { passed }),
      nextOffset,
      highWatermark,
    };
  }

  /** Resolves when something was appended, or after `ms`. */
  changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiters.add(done);
    });
  }

  private append(records: readonly NewRecord[]): AppendedPosition[] {
    if (this.away) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the log is away');
    const verdict = this.fault(records);
    if (verdict === 'refuse') throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the send was refused');
    const taken =
      verdict === 'append-half-then-fail' ? records.slice(0, Math.floor(records.length / 2)) : records;
    const positions = taken.map((record) => this.appendOne(record));
    this.wake();
    if (verdict !== 'append') throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the answer was lost');
    return positions;
  }

  private appendOne(record: NewRecord): AppendedPosition {
    const partition = this.partition(record);
    const offset = partition.end++;
    const { topic, key, value } = record;
    const stored = {
      topic,
      partition: record.partition,
      offset,
      timestamp: (this.stampsItself(topic) ? undefined : record.timestamp) ?? this.now(),
      key: key === null ? null : bytesOf(key),
      value: value === null ? null : bytesOf(value),
      headers: new HeaderList([...(record.shared ?? []), ...record.headers]),
    };
    partition.slots.push(stored);
    return { topic, partition: record.partition, offset };
  }

  private stampsItself(topic: string): boolean {
    return stampOf(this.topics.get(topic)!.spec) === 'LogAppendTime';
  }

  private partition(at: TopicPartition): MemoryPartition {
    const partition = this.topics.get(at.topic)?.partitions[at.partition];
    if (!partition)
      throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no ${at.topic}:${at.partition} yet`);
    return partition;
  }

  private group(name: string): MemoryGroup {
    let group = this.groups.get(name);
    if (!group) this.groups.set(name, (group = { members: [], generation: 0, committed: new Map() }));
    return group;
  }

  private evict(group: MemoryGroup, member: MemoryMember): void {
    const index = group.members.indexOf(member);
    if (index < 0) return;
    group.members.splice(index, 1);
    this.rebalance(group);
  }

  private rebalance(group: MemoryGroup): void {
    for (const { options } of group.members) options.listener.rebalancing();
    const counts = new Map([...this.topics].map(([name, { partitions }]) => [name, partitions.length]));
    const members = group.members.map(({ id, options: { topics }, owned }) => ({
      id,
      topics,
      owned,
      generation: group.generation,
    }));
    group.generation++;
    const assignment = assignPartitions(members, counts);
    for (const member of group.members) {
      member.owned = assignment.get(member.id) ?? {};
      member.options.listener.assigned(
        Object.entries(member.owned).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
    }
  }

  private async available<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.away) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the log is away');
    return work();
  }

  private now(): number {
    return this.options.now?.() ?? 0;
  }

  /** Ends the waits of all readers; those that are still open wait again. */
  wake(): void {
    for (const waiter of [...this.waiters]) waiter();
  }
}

const mismatch = (message: string): PlatformError =>
  new PlatformError('PLAYHEAD_LOG_TOPIC_MISMATCH', 'halt', message);

const stampOf = ({ config }: Pick<TopicSpec, 'config'>): string =>
  config?.['message.timestamp.type'] ?? 'LogAppendTime';

interface MemoryMember {
  readonly id: string;
  readonly options: JoinOptions;
  owned: Readonly<Record<string, readonly number[]>>;
}

interface MemoryGroup {
  readonly members: MemoryMember[];
  generation: number;
  readonly committed: Map<string, Map<number, CommittedOffset>>;
}

const sizeOf = (slot: Slot): number => {
  if ('passed' in slot) return 0;
  if ('unreadable' in slot) return slot.raw.length;
  const headers = slot.headers
    .entries()
    .reduce((sum, [name, content]) => sum + name.length + content.length, 0);
  return (slot.key?.length ?? 0) + (slot.value?.length ?? 0) + headers;
};

const lastOffsetOf = (slot: Slot): number =>
  'unreadable' in slot ? slot.lastOffset : 'passed' in slot ? slot.last : slot.offset;

const firstSlotAt = (slots: readonly Slot[], offset: number): number => {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lastOffsetOf(slots[middle]!) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
};

class MemoryReader implements LogReader {
  private readonly positions = new Map<string, TopicPartition & { offset: number }>();
  private closed = false;
  private woken = false;

  constructor(private readonly log: MemoryLog) {}

  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.positions.set(`${topic}:${partition}`, { topic, partition, offset });
    this.log.wake(); // a poll that waits looks here too
  }

  drop({ topic, partition }: TopicPartition): void {
    this.positions.delete(`${topic}:${partition}`);
  }

  async poll(maxWaitMs: number, maxRecords = 2_000): Promise<Chunk[]> {
    if (this.closed) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the reader was closed');
    const ready = this.take(maxRecords);
    if (ready.length > 0) {
      await Promise.resolve();
      return ready;
    }
    if (!this.woken) await this.log.changed(maxWaitMs);
    this.woken = false;
    return this.closed ? [] : this.take(maxRecords);
  }

  wake(): void {
    this.woken = true;
    this.log.wake();
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.closed = true;
    this.positions.clear();
    this.log.wake();
  }

  private take(maxRecords: number): Chunk[] {
    const share = Math.max(1, Math.ceil(maxRecords / Math.max(1, this.positions.size)));
    // None is moved on before all are looked at: a hole in one must not lose what another would have given.
    const taken = [...this.positions.values()].flatMap((position) => {
      const chunk = this.log.chunkAt(position, position.offset, share);
      return chunk ? [{ position, chunk }] : [];
    });
    return taken.map(({ position, chunk }) => {
      position.offset = chunk.nextOffset;
      return { ...chunk, topic: position.topic, partition: position.partition };
    });
  }
}

export const createMemoryLog = (options?: MemoryLogOptions): MemoryLog => new MemoryLog(options);
