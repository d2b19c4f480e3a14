import {
  EnvelopeTemplate,
  HEADERS,
  InputRouted,
  TOPICS,
  compileObservationReader,
  qualify,
} from '#contracts';
import {
  createMemoryLog,
  readRecords,
  type EventLog,
  type LogReader,
  type LogRecord,
  type NewRecord,
} from '#eventlog';
import { newest, type CarriedService } from '#folds';
import { canonicalKey, formatPosition, timestampMs } from '#kernel';

export interface InventedFor {
  readonly log: EventLog;
  readonly namespace: string;
  /** Carries one revision. */
  readonly service: CarriedService;
  /** Stages by their entity. */
  readonly entities: readonly string[];
}

/**
 * The log as it would be read had routers merged the streams of these stages by event time: each partition of a stream in its own order, of the
 * heads the earliest, an event of another stream before a trigger of the same time. Such an order was never recorded: what is computed
 * from it is synthetic. It is held in memory; nothing is appended to the log itself.
 */
export const withInventedInputs = async ({
  log,
  namespace,
  service,
  entities,
}: InventedFor): Promise<EventLog> => {
  const invented = createMemoryLog();
  const { compiled } = newest(service);
  const topics = new Set<string>();
  for (const entity of entities) {
    const topic = qualify(namespace, TOPICS.featureInputs(service.name, entity));
    await invented.ensureTopics([{ name: topic, partitions: 1 }]);
    topics.add(topic);
    const { trigger } = compiled;
    const streams = compiled.stages?.find((stage) => stage.entity === entity)?.streams ?? [];
    const routes = new Map(
      [...new Set([...streams, trigger.stream])].map((stream) => {
        const isTrigger = stream === trigger.stream;
        return [stream, compileRoute(topic, entity, { stream, isTrigger })] as const;
      }),
    );
    const producer = invented.producer();
    let batch: NewRecord[] = [];
    for await (const { stream, record } of merged(log, namespace, [...routes.keys()], trigger.stream)) {
      const routed = routes.get(stream)!(record);
      if (routed) batch.push(routed);
      if (batch.length < BATCH) continue;
      await producer.send(batch);
      batch = [];
    }
    if (batch.length > 0) await producer.send(batch);
    await producer.close();
  }
  return overlaid(log, invented, topics);
};

const BATCH = 1_000;

interface Head {
  readonly stream: string;
  readonly isTrigger: boolean;
  readonly partition: number;
  readonly records: AsyncGenerator<LogRecord>;
  record: LogRecord;
  time: number;
}

const isBefore = (a: Head, b: Head): boolean => {
  if (a.time !== b.time) return a.time < b.time;
  if (a.isTrigger !== b.isTrigger) return b.isTrigger;
  return a.stream === b.stream ? a.partition < b.partition : a.stream < b.stream;
};

async function* merged(
  log: EventLog,
  namespace: string,
  streams: readonly string[],
  trigger: string,
): AsyncGenerator<{ readonly stream: string; readonly record: LogRecord }> {
  const heads: Head[] = [];
  for (const stream of streams) {
    const topic = qualify(namespace, TOPICS.observations(stream));
    for (const { partition, start, end } of await log.ends(topic)) {
      const records = readRecords(log, topic, partition, start, end);
      const first = await records.next();
      if (first.done) continue;
      const isTrigger = stream === trigger;
      heads.push({ stream, isTrigger, partition, records, record: first.value, time: timeOf(first.value) });
    }
  }
  while (heads.length > 0) {
    let earliest = 0;
    for (let i = 1; i < heads.length; i++) if (isBefore(heads[i]!, heads[earliest]!)) earliest = i;
    const head = heads[earliest]!;
    yield { stream: head.stream, record: head.record };
    const next = await head.records.next();
    if (next.done) heads.splice(earliest, 1);
    else {
      head.record = next.value;
      head.time = timeOf(next.value);
    }
  }
}

/** One without a readable time is let through at once: the fold passes it over. */
const timeOf = ({ headers }: LogRecord): number => {
  const time = timestampMs(headers.text(HEADERS.time) ?? '');
  return Number.isNaN(time) ? -Infinity : time;
};

/** As a router writes it: an event of another stream that names no entity is not routed, a trigger is, without a key. */
const compileRoute = (
  topic: string,
  entity: string,
  { stream, isTrigger }: Pick<Head, 'stream' | 'isTrigger'>,
): ((record: LogRecord) => NewRecord | undefined) => {
  const template = new EnvelopeTemplate({ type: InputRouted.type, source: TOPICS.observations(stream) });
  const read = compileObservationReader([entity]);
  const entityOf = (value: Buffer | null): string | null => {
    try {
      return canonicalKey((read(value ?? Buffer.alloc(0)) as Record<string, unknown> | null)?.[entity]);
    } catch {
      return null;
    }
  };
  return ({ partition, offset, value, headers }) => {
    const name = entityOf(value);
    if (name === null && !isTrigger) return undefined;
    const id = formatPosition(partition, offset);
    const time = headers.text(HEADERS.time) ?? '';
    const key = name === null ? null : Buffer.from(name);
    return { topic, partition: 0, key, value, headers: template.headers(id, time) };
  };
};

/** One log whose named topics are read from another. */
const overlaid = (log: EventLog, over: EventLog, topics: ReadonlySet<string>): EventLog => {
  const of = (topic: string): EventLog => (topics.has(topic) ? over : log);
  const reads: Partial<EventLog> = {
    partitionCount: (topic) => of(topic).partitionCount(topic),
    ends: (topic) => of(topic).ends(topic),
    reader: () => overlaidReader(of),
  };
  return new Proxy(log, {
    get: (target, name): unknown => {
      if (name in reads) return reads[name as keyof EventLog];
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
};

/** Reads one topic: which one is known at the first seek. */
const overlaidReader = (of: (topic: string) => EventLog): LogReader => {
  let reader: LogReader | undefined;
  return {
    seek: (at, offset) => (reader ??= of(at.topic).reader()).seek(at, offset),
    drop: (at) => reader?.drop(at),
    poll: (maxWaitMs, maxRecords) => reader?.poll(maxWaitMs, maxRecords) ?? Promise.resolve([]),
    wake: () => reader?.wake(),
    close: () => reader?.close() ?? Promise.resolve(),
  };
};
