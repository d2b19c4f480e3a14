import {
  HEADERS,
  TOPICS,
  compileObservationReader,
  qualify,
  sourcePositionOf,
  type CompiledStream,
} from '#contracts';
import { SeenPositions, readLast, readRecords, type EventLog, type LogRecord } from '#eventlog';
import { Refused, timestampMs } from '#kernel';

/**
 * A generation of a stream is a stream of its own, `<stream>-g<n>`; the first one has no suffix. So it has its own topics, with as
 * many partitions as its definition says, and a watermark that begins anew: there is room for more partitions and for older history.
 */
export const generationName = (stream: string, generation: number): string => {
  if (!Number.isSafeInteger(generation) || generation < 1)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', '--generation is a whole number from 2 on');
  return generation === 1 ? stream : `${stream}-g${generation}`;
};

/** An event and its time in epoch ms. */
export interface TimedEvent {
  readonly time: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Throws `Refused` where the new generation has no room for what the old one holds. */
export const checkCarries = (from: CompiledStream, to: CompiledStream): void => {
  const types = new Map(to.fields.map(({ name, type }) => [name, type]));
  const lost = from.fields.filter(({ name, type }) => types.get(name) !== type).map(({ name }) => name);
  const roles = (['key', 'id', 'time'] as const).filter((role) => from[role] !== to[role]);
  if (lost.length === 0 && roles.length === 0) return;
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `${to.name} cannot take over ${from.name}: ${[
      ...lost.map((name) => `field ${name} is missing or of another type`),
      ...roles.map((role) => `its ${role} is ${to[role]}, not ${from[role]}`),
    ].join(', ')}; change the definition of ${to.name}`,
  );
};

/**
 * The observations of a stream as they stand, merged by event time: of all partitions the record with the earliest one comes next. Within
 * a partition the order of the log stays, so what comes is no later behind the newest than it was before. Duplicates of zombies are
 * dropped (law L3).
 */
export async function* observationsByTime(
  log: EventLog,
  namespace: string,
  stream: CompiledStream,
): AsyncGenerator<TimedEvent> {
  const topic = qualify(namespace, TOPICS.observations(stream.name));
  const read = compileObservationReader(stream.fields.map(({ name }) => name));
  const ends = await log.ends(topic);
  yield* mergeByTime(
    ends.map(({ partition, start, end }) =>
      timed(readRecords(log, topic, partition, start, end), (value) => read(value) as TimedEvent['event']),
    ),
  );
}

async function* timed(
  records: AsyncIterable<LogRecord>,
  read: (value: Buffer) => TimedEvent['event'],
): AsyncGenerator<TimedEvent> {
  const seen = new SeenPositions();
  for await (const { headers, value } of records) {
    const position = sourcePositionOf(headers);
    if (value === null || (position && !seen.admit('', position))) continue;
    yield { time: timestampMs(headers.text(HEADERS.time) ?? ''), event: read(value) };
  }
}

/** Merges sequences so that the earliest of their next events comes first; of equal times the earlier sequence's. */
export async function* mergeByTime(
  sources: readonly AsyncIterator<TimedEvent>[],
): AsyncGenerator<TimedEvent> {
  const heads: { event: TimedEvent; source: AsyncIterator<TimedEvent> }[] = [];
  const advance = async (source: AsyncIterator<TimedEvent>): Promise<TimedEvent | undefined> => {
    const next = await source.next();
    return next.done ? undefined : next.value;
  };
  for (const source of sources) {
    const event = await advance(source);
    if (event) heads.push({ event, source });
  }
  while (heads.length > 0) {
    let first = 0;
    for (let i = 1; i < heads.length; i++) if (heads[i]!.event.time < heads[first]!.event.time) first = i;
    const head = heads[first]!;
    yield head.event;
    const next = await advance(head.source);
    if (next) head.event = next;
    else heads.splice(first, 1);
  }
}

/**
 * Event time (epoch ms) below which everything was carried over before, for a run that was broken off: the newest event of the partition
 * that is furthest behind, less the lateness. -Infinity where a partition holds nothing.
 */
export const carriedBefore = async (
  log: EventLog,
  namespace: string,
  stream: CompiledStream,
): Promise<number> => {
  const topic = qualify(namespace, TOPICS.observations(stream.name));
  let least = Infinity;
  for (const ends of await log.ends(topic)) {
    const last = await readLast(log, topic, ends);
    const text = last?.headers.text(HEADERS.time);
    least = Math.min(least, text === undefined ? -Infinity : timestampMs(text));
  }
  return least - stream.latenessMs;
};
