import { NondeterminismDetected, PlatformError, comparePositions, type Position } from '#kernel';
import { HEADERS, controlPositionOf, sourcePositionOf } from '#contracts';
import { checksumOf } from '../checksum';
import type { EventLog, LogRecord, PartitionEnds } from '../port';
import { readLast, readRecords } from '../read';

/** The newest source position that stands on an output partition. */
export interface Tail {
  readonly source: Position;
  readonly record: LogRecord;
}

/** The last record of an output partition that names a source position, or undefined. */
export const readTail = async (
  log: EventLog,
  topic: string,
  ends: PartitionEnds,
): Promise<Tail | undefined> => {
  const record = await readLast(log, topic, ends);
  const source = record && sourcePositionOf(record.headers);
  return record && source ? { source, record } : undefined;
};

export interface RecordedDecision {
  /** Offset of the source record. */
  readonly source: number;
  readonly control: number;
}

/**
 * The control positions under which source records at or above `from` were decided, read backwards from the end of an aligned
 * output partition until records fall below `from` (law L2: a worker that resumes decides those again as they were decided).
 */
export const readRecordedDecisions = async (
  log: EventLog,
  topic: string,
  ends: PartitionEnds,
  from: number,
): Promise<RecordedDecision[]> => {
  const decisions: RecordedDecision[] = [];
  for (let to = ends.end, step = 512; to > ends.start; to -= step, step *= 2) {
    const first = Math.max(ends.start, to - step);
    let reachedBelow = false;
    for await (const record of readRecords(log, topic, ends.partition, first, to)) {
      const source = sourcePositionOf(record.headers);
      const control = controlPositionOf(record.headers);
      if (!source) continue;
      if (source.offset < from) reachedBelow = true;
      else if (control !== undefined) decisions.push({ source: source.offset, control });
    }
    if (reachedBelow) break;
  }
  return decisions;
};

/**
 * Law L4: the source record that the tail names must still be what it was. A record cut by retention is no difference, as long as
 * the log does not start past the resume point. Returns the source record where it still stands.
 */
export const checkNotRewritten = async (
  log: EventLog,
  source: { readonly topic: string; readonly ends: PartitionEnds },
  tail: Tail | undefined,
  resume: number,
): Promise<LogRecord | undefined> => {
  const { topic, ends } = source;
  const where = `${topic}:${ends.partition}`;
  if (resume > ends.end) {
    throw new NondeterminismDetected(
      'PLAYHEAD_LOG_REWRITTEN',
      `${where} ends at ${ends.end}, but outputs up to source offset ${resume - 1} exist: the topic was recreated or cut; restore it or move to another namespace`,
    );
  }
  if (resume < ends.start) {
    throw new PlatformError(
      'PLAYHEAD_LOG_HOLE',
      'halt',
      `${where} starts at ${ends.start}, but the work goes on at ${resume}: offsets ${resume} to ${ends.start - 1} are gone`,
      {
        details: { topic, partition: ends.partition, from: resume, to: ends.start - 1 },
      },
    );
  }
  if (!tail || tail.source.offset < ends.start) return undefined;
  const expected = tail.record.headers.text(HEADERS.sourceCrc);
  for await (const record of readRecords(
    log,
    topic,
    ends.partition,
    tail.source.offset,
    tail.source.offset + 1,
  )) {
    if (expected !== undefined && checksumOf(record.value) !== expected) {
      throw new NondeterminismDetected(
        'PLAYHEAD_LOG_REWRITTEN',
        `the record at ${where}-${tail.source.offset} has checksum ${checksumOf(record.value)}, its output was made from one with ${expected}: the log was rewritten`,
      );
    }
    return record;
  }
  return undefined;
};

/** So many records of a partition name every source that is still written, and reach below a zombie's block. */
const LOOK_BACK = 5_000;

/**
 * Offset of the first record of an aligned output partition whose source offset is at or above `source`: a binary search, then a look back,
 * since a zombie's block repeats lower source offsets and may have led the halving past the place (law L4).
 */
export const seekBySource = async (
  log: EventLog,
  topic: string,
  ends: PartitionEnds,
  source: number,
): Promise<number> => {
  let low = ends.start;
  let high = ends.end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    let found: LogRecord | undefined;
    for await (const record of readRecords(log, topic, ends.partition, middle, high)) {
      if (!sourcePositionOf(record.headers)) continue;
      found = record;
      break;
    }
    if (!found || sourcePositionOf(found.headers)!.offset >= source) high = middle;
    else low = found.offset + 1;
  }
  return beforeZombies(log, topic, { ...ends, end: low }, source);
};

/** Goes back over stretches that hold a falling source offset, or what is looked for. */
const beforeZombies = async (
  log: EventLog,
  topic: string,
  { partition, start, end }: PartitionEnds,
  source: number,
): Promise<number> => {
  let place = end;
  let behind = Infinity;
  for (let to = end; to > start;) {
    const from = Math.max(start, to - LOOK_BACK);
    let first: number | undefined;
    let opening: number | undefined;
    let highest = -1;
    let falls = false;
    for await (const { headers, offset } of readRecords(log, topic, partition, from, to)) {
      const position = sourcePositionOf(headers);
      if (!position) continue;
      opening ??= position.offset;
      if (position.offset >= source) first ??= offset;
      falls ||= position.offset < highest;
      highest = Math.max(highest, position.offset);
    }
    if (first === undefined && !falls && highest <= behind) return place;
    place = first ?? place;
    behind = opening ?? behind;
    to = from;
  }
  return place;
};

/** Remembers the highest source position applied, for each source topic and partition (law L3). */
export class SeenPositions {
  private readonly highest = new Map<string, Pick<Position, 'offset' | 'k'>>();

  /** False when the position, or a higher one, was applied before; else remembers it. */
  admit(source: string, position: Position): boolean {
    if (this.has(source, position)) return false;
    this.highest.set(`${source}:${position.partition}`, position);
    return true;
  }

  /** Whether the position, or a higher one, was applied before. */
  has(source: string, position: Position): boolean {
    const highest = this.highest.get(`${source}:${position.partition}`);
    return highest !== undefined && comparePositions(position, highest) <= 0;
  }

  /** The highest offset applied of a source partition. */
  highestOf(source: string, partition: number): number | undefined {
    return this.highest.get(`${source}:${partition}`)?.offset;
  }

  toJSON(): [string, number, number][] {
    return [...this.highest].map(([key, { offset, k }]) => [key, offset, k]);
  }

  static from(entries: readonly (readonly [string, number, number])[]): SeenPositions {
    const seen = new SeenPositions();
    for (const [key, offset, k] of entries) seen.highest.set(key, { offset, k });
    return seen;
  }
}

/** What the records before an offset name: what a reader without state of its own must take as seen when it begins there. */
export const readSeen = async (
  log: EventLog,
  topic: string,
  { partition, start }: PartitionEnds,
  before: number,
): Promise<SeenPositions> => {
  const seen = new SeenPositions();
  const from = Math.max(start, before - LOOK_BACK);
  for await (const record of readRecords(log, topic, partition, from, before)) admitted(seen, record);
  return seen;
};

/**
 * Where a partition of a source goes on whose outputs lie scattered over a topic, by the outputs alone: behind the newest in that output
 * partition which is furthest behind, since outputs are gap-free in each (law L2). Undefined where one of them names none.
 */
export const resumeAmong = async (
  log: EventLog,
  topic: string,
  source: { readonly topic: string; readonly partition: number },
): Promise<number | undefined> => {
  let least = Infinity;
  for (const ends of await log.ends(topic)) {
    const highest = (await readSeen(log, topic, ends, ends.end)).highestOf(source.topic, source.partition);
    if (highest === undefined) return undefined;
    least = Math.min(least, highest + 1);
  }
  return least === Infinity ? undefined : least;
};

/** Law L3 for one record: true when it was not applied before. Records with request ids are for the fold to judge. */
export const admitted = (seen: SeenPositions, record: LogRecord): boolean => {
  const position = sourcePositionOf(record.headers);
  return !position || seen.admit(record.headers.text(HEADERS.source) ?? '', position);
};
