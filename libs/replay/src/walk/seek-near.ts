import { sourcePositionOf } from '#contracts';
import { readRecords, type EventLog, type PartitionEnds } from '#eventlog';

/** How far before the guess the walk begins: what was given up in between moves outputs ahead of their sources. */
const FIRST_STEP = 256;

/**
 * Offset of the first record of an aligned output partition whose source offset is at or above `source`. Outputs follow their sources nearly
 * one for one, so the search gallops from where that would be: two or three probes instead of one for each bit of the offset.
 */
export const seekNear = async (
  log: EventLog,
  topic: string,
  ends: PartitionEnds,
  source: number,
  zero: number,
): Promise<number> => {
  /** Whether the first output at or behind an offset lies below the source; then also where it is. */
  const below = async (offset: number): Promise<number | undefined> => {
    for await (const { headers, offset: at } of readRecords(log, topic, ends.partition, offset, ends.end)) {
      const position = sourcePositionOf(headers);
      if (position) return position.offset < source ? at : undefined;
    }
    return undefined;
  };
  const guess = Math.min(ends.end, Math.max(ends.start, ends.start + source - zero));
  let low = ends.start;
  let high = guess;
  for (let step = FIRST_STEP; high > ends.start; step *= 4) {
    const at = Math.max(ends.start, guess - step);
    const found = await below(at);
    if (found !== undefined) {
      low = found;
      break;
    }
    high = at;
  }
  // From a record that lies below, or from the start: forwards to the first that does not.
  for await (const { headers, offset } of readRecords(log, topic, ends.partition, low, ends.end)) {
    const position = sourcePositionOf(headers);
    if (position && position.offset >= source) return offset;
  }
  return ends.end;
};
