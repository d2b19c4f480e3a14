import type { Chunk, EventLog, LogRecord, PartitionEnds, RecordsChunk } from './port';
import { PlatformError } from '#kernel';

/** Reads [from, to) of one partition, chunk by chunk. Ends early only by throwing. */
export async function* readRange(
  log: EventLog,
  topic: string,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<Chunk> {
  if (from >= to) return;
  const reader = log.reader();
  const at = { topic, partition };
  reader.seek(at, from);
  try {
    let next = from;
    while (next < to) {
      const chunks = await reader.poll(500);
      for (const chunk of chunks) {
        next = chunk.nextOffset;
        if (chunk.kind === 'unreadable') {
          if (chunk.firstOffset < to) yield chunk;
          continue;
        }
        const part = chunk.nextOffset > to ? below(chunk, to) : chunk;
        if (part.records.length > 0 || part.passed) yield part;
      }
    }
  } finally {
    await reader.close();
  }
}

/** What a chunk says of the offsets below `to`. */
const below = (chunk: RecordsChunk, to: number): RecordsChunk => {
  const { passed, ...rest } = chunk;
  const clipped = passed
    ?.filter(({ first }) => first < to)
    .map(({ first, last }) => ({ first, last: Math.min(last, to - 1) }));
  return {
    ...rest,
    ...(clipped?.length && { passed: clipped }),
    records: chunk.records.filter((record) => record.offset < to),
    nextOffset: to,
  };
};

/** As `readRange`, record by record; batches that cannot be decoded are passed over. */
export async function* readRecords(
  log: EventLog,
  topic: string,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<LogRecord> {
  for await (const chunk of readRange(log, topic, partition, from, to))
    if (chunk.kind === 'records') yield* chunk.records;
}

/** The whole topic as it stands now, partition by partition. For small topics of decisions and for tests. */
export async function readTopic(log: EventLog, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (const { partition, start, end } of await log.ends(topic)) {
    for await (const record of readRecords(log, topic, partition, start, end)) records.push(record);
  }
  return records;
}

/** The last readable record of a partition, or undefined where it is empty. Looks at the newest offsets first. */
export async function readLast(
  log: EventLog,
  topic: string,
  ends: PartitionEnds,
): Promise<LogRecord | undefined> {
  for (let to = ends.end, step = 1; to > ends.start; to -= step, step *= 4) {
    let last: LogRecord | undefined;
    for await (const record of readRecords(log, topic, ends.partition, Math.max(ends.start, to - step), to))
      last = record;
    if (last) return last;
  }
  return undefined;
}

/** Retries while the broker is away, for as long as it takes (law L9): pauses grow from 50 ms to 2 s. */
export async function untilAvailable<T>(
  work: () => Promise<T>,
  sleep: (ms: number) => Promise<void>,
  onRetry?: (error: PlatformError) => void,
): Promise<T> {
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PlatformError) || error.disposition !== 'retry') throw error;
      onRetry?.(error);
      await sleep(pauseMs);
    }
  }
}
