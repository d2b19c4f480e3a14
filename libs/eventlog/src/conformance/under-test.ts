import { randomUUID } from 'node:crypto';
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Chunk, EventLog, HeaderEntry, LogReader, LogRecord, NewRecord, TopicPartition } from '../port';

/** An adapter, and what only it knows how to do to its log. */
export interface LogUnderTest {
  readonly log: EventLog;
  /** Appends a batch of `count` records with a codec that is not read here. */
  appendUnreadable(at: TopicPartition, count: number): Promise<void>;
  cleanup(): Promise<void>;
}

export type UnderTest = () => LogUnderTest;

/** A name that no other test has. */
export const freshName = (kind: string): string => `conformance.${kind}.${randomUUID().slice(0, 13)}`;

export const freshTopic = async (
  { log }: LogUnderTest,
  partitions = 1,
  config?: Record<string, string>,
): Promise<string> => {
  const name = freshName('topic');
  await log.ensureTopics([{ name, partitions, ...(config ? { config } : {}) }]);
  return name;
};

export const recordOf = (
  topic: string,
  partition: number,
  value: string,
  headers: readonly HeaderEntry[] = [],
): NewRecord => ({
  topic,
  partition,
  key: Buffer.from(`key of ${value}`),
  value: Buffer.from(value),
  headers,
});

/** Appends with a producer of its own. */
export const append = async ({ log }: LogUnderTest, records: readonly NewRecord[]): Promise<number[]> => {
  const producer = log.producer();
  try {
    return (await producer.send(records)).map(({ offset }) => offset);
  } finally {
    await producer.close();
  }
};

export const textOf = ({ value }: Pick<LogRecord, 'value'>): string => value?.toString('utf8') ?? '(null)';

/** Polls until `enough`, or until the deadline: then with what has come. */
export const pollUntil = async (
  reader: LogReader,
  enough: (chunks: readonly Chunk[]) => boolean,
  deadlineMs = 10_000,
): Promise<Chunk[]> => {
  const chunks: Chunk[] = [];
  for (const deadline = Date.now() + deadlineMs; !enough(chunks) && Date.now() < deadline;)
    chunks.push(...(await reader.poll(100)));
  return chunks;
};

export const recordsOf = (chunks: readonly Chunk[]): LogRecord[] =>
  chunks.flatMap((chunk) => (chunk.kind === 'records' ? chunk.records : []));

/** Waits for a fact with a deadline, and tells what it waited for when it does not come. */
export const eventually = async (check: () => void, deadlineMs = 15_000): Promise<void> => {
  for (const deadline = Date.now() + deadlineMs; ; await pauseFor(10)) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
};

/** A promise that rejects as the port says: by code or disposition, not by message. */
export const rejection = async (
  promise: Promise<unknown>,
): Promise<{ code: string; disposition: string }> => {
  try {
    await promise;
  } catch (error) {
    const { code, disposition } = error as { code: string; disposition: string };
    return { code, disposition };
  }
  return { code: 'none', disposition: 'resolved' };
};
