import { TOPICS, compileObservationReader, parseVector, qualify, type RevisionRead } from '#contracts';
import type { EventLog } from '#eventlog';
import { Refused, parsePosition } from '#kernel';
import { AlignedRecords, type RecordedPair } from './recorded-traffic';

export type SliceValue = string | number | boolean | null;

export interface SliceReader {
  of(pair: RecordedPair): SliceValue | Promise<SliceValue>;
  close(): Promise<void>;
}

export interface SliceSource {
  readonly log: EventLog;
  readonly namespace: string;
  /** Revisions whose features may be named, the first that has it wins. */
  readonly revisions: readonly RevisionRead[];
  /** The entity that vectors are keyed by. */
  readonly key: string;
  /** Trigger stream. */
  readonly trigger: string;
}

/**
 * How a record is told to a slice by a field: `time` (the day of the event, UTC), a feature, the entity, or any other field of the
 * trigger event, read from its observation.
 */
export const sliceReader = (field: string, source: SliceSource): SliceReader => {
  const nothingToClose = (): Promise<void> => Promise.resolve();
  if (field === 'time')
    return { of: ({ vector }) => parseVector(vector.value).event_time.slice(0, 10), close: nothingToClose };
  if (field === source.key)
    return { of: ({ vector }) => parseVector(vector.value).entity[field] ?? null, close: nothingToClose };
  const revision = source.revisions.find(({ features }) => features.includes(field));
  if (revision) {
    const index = revision.features.indexOf(field);
    return {
      of: ({ vector }) => parseVector(vector.value).values[revision.revision]?.[index] ?? null,
      close: nothingToClose,
    };
  }
  return ofObservation(field, source);
};

const ofObservation = (field: string, { log, namespace, trigger }: SliceSource): SliceReader => {
  const observations = new AlignedRecords(log, qualify(namespace, TOPICS.observations(trigger)));
  const read = compileObservationReader([field]);
  return {
    of: async ({ vector }) => {
      const { trigger: position } = parseVector(vector.value) as { trigger?: string };
      const record = await observations.at(parsePosition(position ?? ''));
      const value = (read(record.value!) as Record<string, unknown>)[field];
      if (value === undefined)
        throw new Refused(
          'PLAYHEAD_REQUEST_INVALID',
          `nothing is called ${field}: slice by time, by a feature, or by a field of stream ${trigger}`,
        );
      return typeof value === 'object' ? null : (value as SliceValue);
    },
    close: () => observations.close(),
  };
};
