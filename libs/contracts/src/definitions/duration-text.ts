import { parseDuration } from '#kernel';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** The one text of a duration, so that `24h` and `1d` are the same definition; of several, the longest. */
export const durationText = (...texts: readonly string[]): string => {
  const ms = Math.max(...texts.map(parseDuration));
  if (ms === 0) return '0s';
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0)!;
  return `${ms / size}${unit}`;
};
