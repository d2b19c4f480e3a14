import { qualify } from '#contracts';
import { readRecords, type EventLog } from '#eventlog';
import { Refused, formatPosition } from '#kernel';
import { eventTimeOf } from '../datasets/read-to-cut';

/** The newest event time (epoch ms) of a partition's records up to a position, this one counted in. */
export const latestEventTime = async (
  { log, namespace }: { readonly log: EventLog; readonly namespace: string },
  topic: string,
  { partition, offset }: { readonly partition: number; readonly offset: number },
): Promise<number> => {
  const full = qualify(namespace, topic);
  const ends = (await log.ends(full))[partition];
  if (!ends || offset < ends.start || offset >= ends.end)
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `there is no record ${formatPosition(partition, offset)} on ${topic}`,
    );
  let newest = -Infinity;
  for await (const record of readRecords(log, full, partition, ends.start, offset + 1))
    newest = Math.max(newest, eventTimeOf(record));
  return newest;
};
