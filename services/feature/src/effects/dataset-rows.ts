import { SeenPositions, readRecords, type EventLog, type LogRecord, type PartitionEnds } from '#eventlog';
import {
  HEADERS,
  compileObservationReader,
  sourcePositionOf,
  type EventOf,
  type TrainingRequested,
} from '#contracts';
import { ContractViolation, Refused, canonicalKey, timestampMs } from '#kernel';
import type { FeatureRow, LabelAssertion } from '#features';

export type TrainingRequest = EventOf<typeof TrainingRequested>;

/** A vector as a row, with its place on the log: rows stand in the order of (partition, offset). */
export interface VectorRow extends FeatureRow {
  readonly partition: number;
  readonly offset: number;
}

export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** What stood on a topic at a cut. */
export interface ReadToCut<Row> {
  readonly rows: readonly Row[];
  readonly ranges: readonly OffsetRange[];
  /** Newest event time that was read; -Infinity where there was none. */
  readonly newest: number;
}

export interface Cut {
  /** End offsets by partition when the data set was begun. */
  readonly ends: readonly PartitionEnds[];
  /** Event time, epoch ms: a partition is cut before its first record with a later one. Absent: at its end. */
  readonly asOf?: number;
}

/**
 * The vectors of a revision up to a cut. A time is looked up to one offset for each partition: the first record whose event time is
 * later, so that nothing which was observed after it can leak in.
 */
export const readVectors = (
  log: EventLog,
  topic: { readonly full: string; readonly name: string },
  revision: string,
  cut: Cut,
): Promise<ReadToCut<VectorRow>> =>
  readToCut(log, topic, cut, (record) => {
    const vector = JSON.parse(record.value!.toString()) as {
      event_id: string;
      event_time: string;
      values: Record<string, (number | null)[]>;
    };
    const values = vector.values[revision];
    // A vector made before the revision held: it has no values for this model.
    if (!values) return undefined;
    return {
      eventId: vector.event_id,
      eventTime: timeOf(record),
      values,
      partition: record.partition,
      offset: record.offset,
    };
  });

/** The labels up to a cut, by `on`; `true` is 1 and `false` is 0. */
export const readLabels = (
  log: EventLog,
  topic: { readonly full: string; readonly name: string },
  label: TrainingRequest['label'],
  cut: Cut,
): Promise<ReadToCut<LabelAssertion>> => {
  const read = compileObservationReader([label.on, label.value]);
  return readToCut(log, topic, cut, (record) => {
    const observation = read(record.value!) as Record<string, unknown>;
    const eventId = canonicalKey(observation[label.on]);
    if (eventId === null) return undefined;
    return {
      eventId,
      value: labelValue(observation[label.value], label.value),
      knownAt: timeOf(record),
      partition: record.partition,
      offset: record.offset,
    };
  });
};

const labelValue = (value: unknown, field: string): number | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `label field ${field} holds a ${typeof value}; a boolean or number is needed`,
  );
};

const timeOf = (record: LogRecord): number => {
  const text = record.headers.text(HEADERS.time);
  const time = text === undefined ? Number.NaN : timestampMs(text);
  if (Number.isNaN(time))
    throw new ContractViolation(
      'PLAYHEAD_ENVELOPE_INVALID',
      `${record.topic}:${record.partition}-${record.offset} has no ce_time`,
    );
  return time;
};

const readToCut = async <Row>(
  log: EventLog,
  topic: { readonly full: string; readonly name: string },
  { ends, asOf }: Cut,
  row: (record: LogRecord) => Row | undefined,
): Promise<ReadToCut<Row>> => {
  const rows: Row[] = [];
  const ranges: OffsetRange[] = [];
  let newest = -Infinity;
  for (const { partition, start, end } of ends) {
    const seen = new SeenPositions();
    let to = end;
    for await (const record of readRecords(log, topic.full, partition, start, end)) {
      const time = timeOf(record);
      if (asOf !== undefined && time > asOf) {
        to = record.offset;
        break;
      }
      const position = sourcePositionOf(record.headers);
      if (position && !seen.admit('', position)) continue;
      newest = Math.max(newest, time);
      const made = row(record);
      if (made !== undefined) rows.push(made);
    }
    ranges.push({ topic: topic.name, partition, from: start, to });
  }
  return { rows, ranges, newest };
};
