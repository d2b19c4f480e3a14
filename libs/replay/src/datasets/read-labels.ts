import { compileObservationReader } from '#contracts';
import type { EventLog } from '#eventlog';
import { LabelBook } from '#features';
import { Refused, canonicalKey } from '#kernel';
import { readToCut, type Cut, type OffsetRange, type TopicName } from './read-to-cut';

export interface LabelsToCut {
  readonly book: LabelBook;
  readonly assertions: number;
  readonly ranges: readonly OffsetRange[];
  readonly newest: number;
}

/** The label observations up to a cut; `true` is 1 and `false` is 0. */
export const readLabels = async (
  log: EventLog,
  topic: TopicName,
  label: { readonly on: string; readonly value: string },
  cut: Cut,
): Promise<LabelsToCut> => {
  const book = new LabelBook();
  const read = compileObservationReader([label.on, label.value]);
  let assertions = 0;
  const { ranges, newest } = await readToCut(log, topic, cut, ({ value, partition, offset }, knownAt) => {
    const observation = read(value!) as Record<string, unknown>;
    const eventId = canonicalKey(observation[label.on]);
    if (eventId === null) return;
    assertions += 1;
    book.add(eventId, labelValue(observation[label.value], label.value), knownAt, partition, offset);
  });
  return { book, assertions, ranges, newest };
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
