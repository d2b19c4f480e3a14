import type { Chunk, EventLog, LogRecord, PartitionEnds, UnreadableChunk } from './port';
import { readRange } from './read';

/** What stands at a place of a topic: a record, or a batch that cannot be decoded. */
export type LogEntry = LogRecord | UnreadableChunk;

export const entriesOf = (chunk: Chunk): readonly LogEntry[] =>
  chunk.kind === 'records' ? chunk.records : [chunk];

export const isUnreadable = (entry: LogEntry): entry is UnreadableChunk => 'reason' in entry;

export const offsetOf = (entry: LogEntry): number => (isUnreadable(entry) ? entry.firstOffset : entry.offset);

/** In the order of append times; within a partition that of the log. */
export const byAppendTime = (a: LogEntry, b: LogEntry): number =>
  a.partition === b.partition
    ? offsetOf(a) - offsetOf(b)
    : a.timestamp - b.timestamp || a.partition - b.partition;

/** The newest entries of a topic as it stood at `ends`, oldest first. */
export const newestEntries = async (
  log: EventLog,
  topic: string,
  limit: number,
  ends: readonly PartitionEnds[],
): Promise<readonly LogEntry[]> => {
  const entries: LogEntry[] = [];
  for (const { partition, start, end } of ends) {
    for await (const chunk of readRange(log, topic, partition, Math.max(start, end - limit), end))
      entries.push(...entriesOf(chunk));
  }
  return entries.sort(byAppendTime).slice(-limit);
};
