import { Refused } from './errors';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/;

export const tryParseDuration = (text: string): number | undefined => {
  const match = DURATION.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * UNITS[match[2]!]!);
};

/** `30s`, `15m`, `1h`, `7d`, `2w` or `250ms` in milliseconds. */
export const parseDuration = (text: string): number => {
  const ms = tryParseDuration(text);
  if (ms === undefined)
    throw new Refused(
      'PLAYHEAD_DURATION_INVALID',
      `"${text}" is not a duration; write for example 30s, 15m, 1h or 7d`,
    );
  return ms;
};
