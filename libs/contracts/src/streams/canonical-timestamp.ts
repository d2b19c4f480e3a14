import { timestampMs } from '#kernel';

/** Years 0 to 9999: what the canonical form can write. */
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;

const UPPER_Z = 90;
const POINT = 46;

/** RFC 3339 in all that it allows: small letters, a space for the T, any number of digits, second 60. */
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * `2018-05-01T10:03:11.000Z`, the platform's form of an event time, from RFC 3339 with a zone or from epoch milliseconds; undefined
 * for anything else. What is finer than a millisecond is cut off. A leap second is the second after it, as POSIX counts.
 */
export const canonicalTimestamp = (value: string | number): string | undefined => {
  if (typeof value === 'number') return textOf(Math.floor(value));
  const { length } = value;
  // The two common forms, `...:11.000Z` and `...:11Z`, are their own text once they are known to be dates.
  if ((length === 24 || length === 20) && value.charCodeAt(length - 1) === UPPER_Z) {
    const whole = length === 24 ? value : `${value.slice(0, 19)}.000Z`;
    if (whole.charCodeAt(19) === POINT && !Number.isNaN(timestampMs(whole))) return whole;
  }
  return textOf(readLenient(value));
};

const readLenient = (value: string): number => {
  const match = RFC_3339.exec(value);
  if (!match) return NaN;
  const [, date, minutes, second, fraction = '', zone] = match;
  const leap = second === '60';
  const strict = `${date}T${minutes}:${leap ? '59' : second}.${fraction.slice(0, 3).padEnd(3, '0')}${zone!.toUpperCase()}`;
  return timestampMs(strict) + (leap ? 1_000 : 0);
};

const textOf = (ms: number): string | undefined =>
  ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms).toISOString() : undefined;
