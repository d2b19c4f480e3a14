import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS, TOPICS, qualify, sourcePositionOf } from '#contracts';
import { readTopic, type EventLog, type LogRecord } from '#eventlog';

export interface Outcome {
  readonly kind: 'observation' | 'rejection' | 'dead letter' | 'moved';
  readonly code?: string;
  readonly field?: string;
  /** The record that says so: of a moved one, the copy. */
  readonly record: LogRecord;
}

export interface At {
  readonly partition: number;
  readonly offset: number;
}

export const placeOf = ({ partition, offset }: At): string => `${partition}-${offset}`;

/** What became of each record of an inbox, read from the log. */
export class InboxOutcomes {
  private constructor(
    readonly inbox: readonly LogRecord[],
    readonly observations: readonly LogRecord[],
    private readonly records: ReadonlyMap<string, LogRecord>,
    private readonly outcomes: ReadonlyMap<string, readonly Outcome[]>,
  ) {}

  static async read(log: EventLog, namespace: string, stream: string): Promise<InboxOutcomes> {
    const topic = (name: string): Promise<LogRecord[]> => readTopic(log, qualify(namespace, name));
    const inbox = await topic(TOPICS.inbox(stream));
    const observations = await topic(TOPICS.observations(stream));
    const outcomes = new Map<string, Outcome[]>();
    const note = (place: string, outcome: Outcome): void =>
      void outcomes.set(place, [...(outcomes.get(place) ?? []), outcome]);
    for (const record of observations) note(sourceOf(record), { kind: 'observation', record });
    for (const record of await topic(TOPICS.rejections(stream))) {
      const { code, field } = JSON.parse(String(record.value)) as { code: string; field?: string };
      note(sourceOf(record), { kind: 'rejection', code, field, record });
    }
    for (const record of await topic(TOPICS.deadLetters('ingestion'))) {
      if (record.headers.text(HEADERS.origin)?.startsWith(`${TOPICS.inbox(stream)}:`))
        note(sourceOf(record), { kind: 'dead letter', code: record.headers.text(HEADERS.code), record });
    }
    const records = new Map(inbox.map((record) => [placeOf(record), record]));
    for (const record of inbox) {
      const from = record.headers.text(HEADERS.movedFrom);
      const source = from === undefined ? undefined : records.get(from);
      if (
        source &&
        source.partition !== record.partition &&
        sameBytes(source, record) &&
        !outcomes.has(from!)
      )
        note(from!, { kind: 'moved', record });
    }
    return new InboxOutcomes(inbox, observations, records, outcomes);
  }

  /** What was sent there. */
  recordAt(at: At): LogRecord {
    const record = this.records.get(placeOf(at));
    if (!record) throw new Error(`there is no record at ${placeOf(at)}`);
    return record;
  }

  /** The one outcome of a record; throws where there is none or several. */
  of(at: At): Outcome {
    const found = this.outcomes.get(placeOf(at)) ?? [];
    if (found.length !== 1)
      throw new Error(
        `${placeOf(at)} has ${found.length} outcomes: ${found.map(({ kind }) => kind).join(', ')}`,
      );
    return found[0]!;
  }

  /** What a moved record became where it belongs, or the outcome itself. */
  final(at: At): Outcome {
    const outcome = this.of(at);
    return outcome.kind === 'moved' ? this.of(outcome.record) : outcome;
  }
}

const sourceOf = ({ headers }: LogRecord): string => {
  const { partition, offset } = sourcePositionOf(headers)!;
  return `${partition}-${offset}`;
};

const sameBytes = (a: LogRecord, b: LogRecord): boolean =>
  a.value === null || b.value === null ? a.value === b.value : a.value.equals(b.value);

interface Workers {
  readonly workers?: {
    readonly streams?: Record<
      string,
      { readonly partitions: readonly { readonly partition: number; readonly acked: number }[] }
    >;
  };
}

/** Waits until ingestion says that everything on the inbox has its outcome, copies of moved records too. */
export const ingested = async (
  log: EventLog,
  url: string,
  namespace: string,
  stream: string,
  patienceMs = 30_000,
): Promise<void> => {
  let state = 'nothing known';
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(50)) {
    const { workers } = (await (await fetch(`${url}/health/ready`)).json()) as Workers;
    const acked = new Map(
      (workers?.streams?.[stream]?.partitions ?? []).map((task) => [task.partition, task.acked]),
    );
    // The ends are read after the acknowledgements: what a record moved was appended before it counted as acknowledged.
    const ends = await log.ends(qualify(namespace, TOPICS.inbox(stream)));
    if (ends.every(({ partition, end }) => acked.get(partition) === end)) return;
    state = ends.map(({ partition, end }) => `${partition}: ${acked.get(partition)} of ${end}`).join(', ');
  }
  throw new Error(`ingestion is not done after ${patienceMs} ms: ${state}`);
};
