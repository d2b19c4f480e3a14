/** Short words for records in tests. Test code only. */
import type { Chunk, EventLog, LogRecord, NewRecord } from '../../port';
import { readRange, readTopic } from '../../read';

export const record = (topic: string, partition: number, value: string): NewRecord => ({
  topic,
  partition,
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: [],
});

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

export const numbered = (topic: string, partition: number, from: number, to: number): NewRecord[] =>
  numbers(from, to).map((value) => record(topic, partition, value));

export const textOf = ({ value }: LogRecord): string => value!.toString();

/** Values of a topic, partition by partition. */
export const textsOf = async (log: EventLog, topic: string): Promise<string[]> =>
  (await readTopic(log, topic)).map(textOf);

/** All that partition 0 holds now, unreadable batches too. */
export const chunksOf = async (log: EventLog, topic: string): Promise<Chunk[]> => {
  const chunks: Chunk[] = [];
  const [ends] = await log.ends(topic);
  for await (const chunk of readRange(log, topic, 0, 0, ends!.end)) chunks.push(chunk);
  return chunks;
};

export const recordsOf = (chunks: readonly Chunk[]): LogRecord[] =>
  chunks.flatMap((chunk) => (chunk.kind === 'records' ? chunk.records : []));
