import { HEADERS, TOPICS, qualify, sourcePositionOf } from '#contracts';
import { readRecords, type EventLog, type LogRecord } from '#eventlog';
import { formatPosition } from '#kernel';

/** Milliseconds between the append of an event to the inbox and the append of its prediction, by the broker's clock. */
export interface Latency {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly events: number;
}

export interface LatencyRange {
  readonly stream: string;
  readonly service: string;
  readonly deployment: string;
  /** First inbox offset of each partition to look at. */
  readonly inboxFrom: readonly number[];
}

/** Walks the last events backwards by position: prediction -> vector -> observation -> inbox (law L4). */
export const measureLatency = async (
  log: EventLog,
  namespace: string,
  { stream, service, deployment, inboxFrom }: LatencyRange,
): Promise<Latency> => {
  const appended = new Map<string, number>();
  for (const record of await tail(log, qualify(namespace, TOPICS.inbox(stream)), inboxFrom))
    appended.set(positionOf(record), record.timestamp);
  const wanted = appended.size;
  const observations = await hop(log, qualify(namespace, TOPICS.observations(stream)), appended, wanted);
  const vectors = await hop(log, qualify(namespace, TOPICS.vectors(service)), observations, wanted);
  const latencies: number[] = [];
  for (const record of await tailOf(log, qualify(namespace, TOPICS.predictions(deployment)), wanted)) {
    const begun = vectors.get(sourceOf(record));
    if (begun !== undefined) latencies.push(record.timestamp - begun);
  }
  latencies.sort((a, b) => a - b);
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), events: latencies.length };
};

/** Carries the times of source positions over to the positions of their outputs. */
const hop = async (
  log: EventLog,
  topic: string,
  times: ReadonlyMap<string, number>,
  count: number,
): Promise<Map<string, number>> => {
  const carried = new Map<string, number>();
  for (const record of await tailOf(log, topic, count)) {
    const time = times.get(sourceOf(record));
    if (time !== undefined) carried.set(positionOf(record), time);
  }
  return carried;
};

const positionOf = ({ partition, offset }: LogRecord): string => formatPosition(partition, offset);

const sourceOf = (record: LogRecord): string => {
  const position = sourcePositionOf(record.headers);
  return position
    ? formatPosition(position.partition, position.offset)
    : (record.headers.text(HEADERS.id) ?? '');
};

const tail = async (log: EventLog, topic: string, from: readonly number[]): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  for (const { partition, start, end } of await log.ends(topic)) {
    for await (const record of readRecords(
      log,
      topic,
      partition,
      Math.max(start, from[partition] ?? end),
      end,
    ))
      records.push(record);
  }
  return records;
};

const tailOf = async (log: EventLog, topic: string, count: number): Promise<LogRecord[]> =>
  tail(
    log,
    topic,
    (await log.ends(topic)).map(({ end }) => Math.max(0, end - count)),
  );

const quantile = (sorted: readonly number[], q: number): number | null =>
  sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
