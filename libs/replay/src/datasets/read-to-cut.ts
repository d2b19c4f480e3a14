import { HEADERS, sourcePositionOf, type OffsetVector } from '#contracts';
import { SeenPositions, readRange, type EventLog, type LogRecord, type PartitionEnds } from '#eventlog';
import { ContractViolation, Refused, timestampMs } from '#kernel';
import { HoleGuard, holeIn } from '../walk/holes';
import { turn } from './in-slices';

export interface OffsetRange {
  /** Below the namespace. */
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * What is read of a topic: all that stands there when reading begins; that, before the first record of each partition with a later event
 * time (epoch ms); that, up to offsets; or exactly the ranges that were read before.
 */
export type Cut =
  | { readonly by: 'ends' }
  | { readonly by: 'time'; readonly time: number }
  | { readonly by: 'offsets'; readonly offsets: OffsetVector }
  | { readonly by: 'ranges'; readonly ranges: readonly OffsetRange[] };

export interface TopicName {
  readonly full: string;
  /** Below the namespace. */
  readonly name: string;
}

export interface ReadToCut {
  /** In the order of partitions. */
  readonly ranges: readonly OffsetRange[];
  /** Newest event time that was read; -Infinity where there was none. */
  readonly newest: number;
}

/**
 * Reads a topic up to a cut, partition after partition, a record and its event time at a time, without duplicates (law L3). A time is
 * looked up to one offset for each partition, so that nothing which was observed after it can leak in.
 */
export const readToCut = async (
  log: EventLog,
  topic: TopicName,
  cut: Cut,
  take: (record: LogRecord, time: number) => void,
): Promise<ReadToCut> => {
  const ends = [...(await log.ends(topic.full))].sort((a, b) => a.partition - b.partition);
  const ranges: OffsetRange[] = [];
  let newest = -Infinity;
  for (const partitionEnds of ends) {
    const { partition, from, until } = rangeOf(cut, topic, partitionEnds);
    const { start } = partitionEnds;
    if (from < start)
      throw holeIn(
        { topic: topic.full, partition, first: from, last: start - 1 },
        'restore the topic from its segments',
      );
    const guard = new HoleGuard({ topic: topic.full, partition }, from);
    const seen = new SeenPositions();
    let to = until;
    reading: for await (const chunk of readRange(log, topic.full, partition, from, until)) {
      guard.pass(chunk);
      await turn();
      if (chunk.kind !== 'records') continue;
      for (const record of chunk.records) {
        const time = eventTimeOf(record);
        if (cut.by === 'time' && time > cut.time) {
          to = record.offset;
          break reading;
        }
        const position = sourcePositionOf(record.headers);
        if (position && !seen.admit(record.headers.text(HEADERS.source) ?? '', position)) continue;
        newest = Math.max(newest, time);
        take(record, time);
      }
    }
    guard.finish(to);
    ranges.push({ topic: topic.name, partition, from, to });
  }
  return { ranges, newest };
};

const rangeOf = (
  cut: Cut,
  topic: TopicName,
  { partition, start, end }: PartitionEnds,
): { partition: number; from: number; until: number } => {
  if (cut.by === 'ends' || cut.by === 'time') return { partition, from: start, until: end };
  const range = cut.by === 'ranges' ? cut.ranges.find((each) => each.partition === partition) : undefined;
  const until = cut.by === 'ranges' ? range?.to : cut.offsets.get(partition);
  if (until === undefined)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `the cut does not name partition ${partition} of ${topic.name}`,
    );
  if (until > end)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `the cut names offset ${until} of ${topic.name}:${partition}, which ends at ${end}`,
    );
  return { partition, from: range?.from ?? Math.min(start, until), until };
};

/** Epoch ms. */
export const eventTimeOf = (record: LogRecord): number => {
  const text = record.headers.text(HEADERS.time);
  const time = text === undefined ? Number.NaN : timestampMs(text);
  if (Number.isNaN(time))
    throw new ContractViolation(
      'PLAYHEAD_ENVELOPE_INVALID',
      `${record.topic}:${record.partition}-${record.offset} has no ce_time`,
    );
  return time;
};
