import {
  byAppendTime,
  entriesOf,
  newestEntries,
  untilAvailable,
  type EventLog,
  type LogEntry,
} from '#eventlog';

export interface TailOptions {
  /** `end`: the newest `limit` entries first. */
  readonly from: 'beginning' | 'now' | 'end';
  /** At most so many entries; with `from: 'end'` so many that stand there already. */
  readonly limit: number;
  /** Goes on as the topic grows, until the signal. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const PATIENCE_MS = 250;

/** Entries of a topic in the order in which they were appended, as far as partitions allow; reads without a group. */
export async function* tailTopic(
  log: EventLog,
  topic: string,
  options: TailOptions,
): AsyncGenerator<LogEntry> {
  const { from, limit, follow, signal } = options;
  const ends = await untilAvailable(() => log.ends(topic), pause);
  if (from === 'end') {
    yield* await newestEntries(log, topic, limit, ends);
    if (!follow) return;
  }
  const starts = ends.map(({ partition, start, end }) => ({
    partition,
    from: from === 'beginning' ? start : end,
    to: follow ? Infinity : end,
  }));
  let left = from === 'end' ? Infinity : limit;
  for await (const entry of readOn(log, topic, starts, signal)) {
    if (left-- <= 0) return;
    yield entry;
    if (left <= 0) return;
  }
}

interface Stretch {
  readonly partition: number;
  readonly from: number;
  /** Exclusive; infinite where it is followed. */
  readonly to: number;
}

async function* readOn(
  log: EventLog,
  topic: string,
  stretches: readonly Stretch[],
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const reader = log.reader();
  const open = new Map(
    stretches.filter(({ from, to }) => from < to).map(({ partition, to }) => [partition, to]),
  );
  try {
    for (const { partition, from } of stretches)
      if (open.has(partition)) reader.seek({ topic, partition }, from);
    while (open.size > 0 && !signal.aborted) {
      const chunks = await untilAvailable(() => reader.poll(PATIENCE_MS), pause);
      const entries: LogEntry[] = [];
      for (const chunk of chunks) {
        const to = open.get(chunk.partition) ?? 0;
        entries.push(
          ...entriesOf(chunk).filter((entry) => ('offset' in entry ? entry.offset : entry.firstOffset) < to),
        );
        if (chunk.nextOffset < to) continue;
        open.delete(chunk.partition);
        reader.drop(chunk);
      }
      yield* entries.sort(byAppendTime);
    }
  } finally {
    await reader.close();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
