import { readLast, type TopicPartition } from '#eventlog';
import { PlatformError } from '#kernel';
import type { SealedRange } from './catalog';
import type { SealingContext } from './seal';
import { verifySegment } from './verify';

/** What the broker keeps although it is sealed; both hold where both are said. With neither, all that is sealed goes. */
export interface KeepPolicy {
  /** Records appended since so long ago are kept. */
  readonly ms?: number;
  /** About so many of the newest sealed bytes of a partition are kept, before compression. */
  readonly bytes?: number;
}

export interface Cut {
  readonly topic: string;
  readonly partition: number;
  /** Where the broker's log began, and begins now. */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts the broker's log of one partition (full name of the topic) behind what is sealed: each segment is read back, and compared with the
 * broker's records, before those are let go. The last record always stays, since workers resume from it (law L2).
 * Gives nothing where there is nothing to cut; throws where a segment does not hold.
 */
export const cutPartition = async (
  context: SealingContext,
  at: TopicPartition,
  keep: KeepPolicy,
): Promise<Cut | undefined> => {
  const { log, catalog, now } = context;
  await catalog.refresh(at.topic);
  const ends = (await log.ends(at.topic))[at.partition]!;
  const chain = catalog.chain(at, ends.start);
  const going = goingOf(chain, keep, now());
  const newest = going[going.length - 1];
  if (!newest) return undefined;
  const last = await readLast(log, at.topic, ends);
  if (!last) return undefined;
  const to = Math.min(newest.last + 1, last.offset);
  if (to <= ends.start) return undefined;
  for (const range of going) {
    const [fault] = await verifySegment(context, at, ends, range);
    if (fault)
      throw new PlatformError(
        'PLAYHEAD_SEGMENT_CORRUPT',
        'halt',
        `${fault.topic}:${fault.partition} is not cut: ${fault.message}`,
        { details: { ...fault } },
      );
    await context.pace?.();
  }
  await log.deleteRecords(at, to);
  return { topic: newest.topic, partition: at.partition, from: ends.start, to };
};

/** The oldest segments of a chain that the policy lets go. Pure. */
export const goingOf = (chain: readonly SealedRange[], keep: KeepPolicy, now: number): SealedRange[] => {
  const going: SealedRange[] = [];
  let left = chain.reduce((sum, { inflatedBytes }) => sum + inflatedBytes, 0);
  for (const range of chain) {
    left -= range.inflatedBytes;
    const isOld = keep.ms === undefined || range.lastAppended === null || range.lastAppended < now - keep.ms;
    const isBeyond = keep.bytes === undefined || left >= keep.bytes;
    if (!isOld || !isBeyond) break;
    going.push(range);
  }
  return going;
};
