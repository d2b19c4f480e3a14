import { HEADERS, qualify } from '#contracts';
import { readRecords, type EventLog, type PartitionEnds } from '#eventlog';
import { Refused, timestampMs } from '#kernel';

/** Where a range begins or ends: an event time (ms), or the offset of each partition that is named. */
export type Place = { readonly time: number } | { readonly offsets: ReadonlyMap<number, number> };

/** RFC 3339, or `p:offset,...` in the observations of the trigger stream. */
export const parsePlace = (text: string, option: string): Place => {
  const time = timestampMs(text);
  if (!Number.isNaN(time)) return { time };
  const offsets = new Map<number, number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,9}):(\d{1,16})$/.exec(part.trim());
    if (!match)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${option} is a time (RFC 3339) or p:offset,p:offset, not "${text}"`,
      );
    offsets.set(Number(match[1]), Number(match[2]));
  }
  return { offsets };
};

/**
 * The offset of a place in one partition: of a time, the first record whose event time is not before it, as a data set is cut. A
 * partition that is not named keeps what it has.
 */
export const offsetAt = async (
  log: EventLog,
  at: { readonly namespace: string; readonly topic: string },
  { partition, start, end }: PartitionEnds,
  place: Place,
  otherwise: number,
): Promise<number> => {
  if ('offsets' in place) {
    const offset = place.offsets.get(partition);
    if (offset === undefined) return otherwise;
    if (offset > end)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${at.topic}:${partition} ends at ${end}; there is no offset ${offset}`,
      );
    return offset;
  }
  const topic = qualify(at.namespace, at.topic);
  for await (const { offset, headers } of readRecords(log, topic, partition, start, end))
    if (timestampMs(headers.text(HEADERS.time)) >= place.time) return offset;
  return end;
};
