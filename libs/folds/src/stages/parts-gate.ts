import { HEADERS, sourcePositionOf } from '#contracts';
import {
  type SeenPositions,
  admitted,
  readSeen,
  type AppendedPosition,
  type Chunk,
  type EventLog,
  type LogReader,
  type LogRecord,
  type RecordsChunk,
  type SourceGate,
  type TopicPartition,
} from '#eventlog';
import { Defect } from '#kernel';
import { GatheredParts, type PartsOfTrigger } from './gathered-parts';
import { HeldPartition } from './held-partition';
import { readPart } from './part';

/** So many triggers' parts are read ahead of their triggers. */
const MOST_AHEAD = 10_000;

export interface PartsGateOptions {
  readonly log: EventLog;
  /** Triggers and parts: names in full. */
  readonly triggers: string;
  readonly parts: string;
  /** Below the namespace. */
  readonly partsName: string;
  /** The stages that must have answered before a trigger goes on, as of now. */
  readonly stages: () => readonly string[];
}

/**
 * Lets a trigger go on when each stage has answered it: a join by the trigger's position, so its result cannot depend on how the two topics
 * interleave, and triggers go on in their own order.
 */
export class PartsGate implements SourceGate {
  readonly beside: readonly string[];
  private readonly joins = new Map<number, Join>();

  constructor(private readonly options: PartsGateOptions) {
    this.beside = [options.partsName];
  }

  reader(group: string): LogReader {
    return new GatedReader(this.options, group, this.joins);
  }

  /** The parts of a trigger that went on; it is asked once. */
  take({ partition, offset }: Pick<LogRecord, 'partition' | 'offset'>): PartsOfTrigger {
    const parts = this.joins.get(partition)?.parts;
    if (!parts) throw new Defect(`the parts of trigger ${partition}-${offset} are not there`);
    return parts.take(offset);
  }

  resumeBeside(partition: number, acked: number): readonly AppendedPosition[] {
    const parts = this.joins.get(partition)?.parts;
    return parts ? [{ topic: this.options.parts, partition, offset: parts.resumeFor(acked) }] : [];
  }
}

/** A partition of triggers and the one of parts with its number. */
interface Join {
  readonly triggers: HeldPartition;
  /** Offset of the first trigger that is to go on. */
  readonly from: number;
  /** Undefined until it is known where to read parts from. */
  parts?: GatheredParts;
  /** Sources of the triggers that went on: a duplicate on the topic of triggers has no part, and goes on to be dropped (law L3). */
  seen?: SeenPositions;
  /** Set while no parts are read because many are ahead: where to go on. */
  partsPausedAt?: number;
}

class GatedReader implements LogReader {
  private readonly inner: LogReader;

  constructor(
    private readonly options: PartsGateOptions,
    private readonly group: string,
    private readonly joins: Map<number, Join>,
  ) {
    this.inner = options.log.reader();
  }

  seek(at: TopicPartition, offset: number): void {
    this.inner.drop(this.partsAt(at.partition));
    this.joins.set(at.partition, { triggers: new HeldPartition(this.inner, at, offset), from: offset });
  }

  drop(at: TopicPartition): void {
    this.inner.drop(at);
    this.inner.drop(this.partsAt(at.partition));
    this.joins.delete(at.partition);
  }

  async poll(maxWaitMs: number, maxRecords = 2_000): Promise<Chunk[]> {
    await this.beginParts();
    const ready = this.ready(maxRecords);
    if (ready.length > 0) return ready;
    this.balance();
    for (const chunk of await this.inner.poll(maxWaitMs, maxRecords)) this.place(chunk);
    return this.ready(maxRecords);
  }

  wake(): void {
    this.inner.wake();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /**
   * Parts are read from the offset that the group committed for them, which stands below every part of a trigger that is not done; from
   * their start where there is none. So what a killed worker had read and not used is read again.
   */
  private async beginParts(): Promise<void> {
    const fresh = [...this.joins].filter(([, join]) => !join.parts);
    if (fresh.length === 0) return;
    const { log, parts, triggers } = this.options;
    const [committed, ends, sources] = await Promise.all([
      log.committed(this.group, parts),
      log.ends(parts),
      log.ends(triggers),
    ]);
    for (const [partition, join] of fresh) {
      const seen = await readSeen(log, triggers, sources[partition]!, join.from);
      if (this.joins.get(partition) !== join) continue;
      join.seen = seen;
      const from = Math.max(committed.get(partition)?.offset ?? 0, ends[partition]?.start ?? 0);
      join.parts = new GatheredParts(from, join.from);
      this.inner.seek(this.partsAt(partition), from);
    }
  }

  private place(chunk: Chunk): void {
    const join = this.joins.get(chunk.partition);
    if (!join) return;
    if (chunk.topic !== this.options.parts) return join.triggers.add(chunk);
    if (!join.parts) return;
    if (chunk.kind === 'unreadable')
      throw new Defect(
        `${chunk.topic}:${chunk.partition} cannot be read at ${chunk.firstOffset}: ${chunk.message}`,
      );
    for (const record of chunk.records) join.parts.add(readPart(record), record.offset);
    join.parts.passTo(chunk.nextOffset);
  }

  private ready(maxRecords: number): Chunk[] {
    const stages = this.options.stages();
    const most = Math.max(1, Math.ceil(maxRecords / Math.max(1, this.joins.size)));
    const ready: Chunk[] = [];
    for (const { triggers, parts, seen } of this.joins.values()) {
      if (!parts || !seen) continue;
      const may = (record: LogRecord): boolean => {
        if (parts.has(record.offset, stages)) {
          admitted(seen, record);
          return true;
        }
        const position = sourcePositionOf(record.headers);
        return position !== undefined && seen.has(record.headers.text(HEADERS.source) ?? '', position);
      };
      const chunk = triggers.take(may, most);
      if (chunk) ready.push(chunk as RecordsChunk);
    }
    return ready;
  }

  /** Parts that are far ahead of their triggers wait; those that a trigger waits for never do. */
  private balance(): void {
    for (const [partition, join] of this.joins) {
      const { parts, triggers } = join;
      if (!parts) continue;
      const ahead = triggers.head === undefined && parts.size >= MOST_AHEAD;
      if (ahead && join.partsPausedAt === undefined) {
        join.partsPausedAt = parts.readTo;
        this.inner.drop(this.partsAt(partition));
      } else if (!ahead && join.partsPausedAt !== undefined) {
        this.inner.seek(this.partsAt(partition), join.partsPausedAt);
        join.partsPausedAt = undefined;
      }
    }
  }

  private partsAt(partition: number): TopicPartition {
    return { topic: this.options.parts, partition };
  }
}
