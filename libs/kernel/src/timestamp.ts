const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Milliseconds since 1970 (UTC) of a canonical timestamp, an epoch in ms or a Date; NaN for anything else, a text without a zone
 * included. The platform's own form, `2018-05-01T10:03:11.000Z`, is read without `Date` (it stands in every record of a stream).
 */
export const timestampMs = (value: unknown): number => {
  if (typeof value === 'string') return isCanonical(value) ? readCanonical(value) : readRfc3339(value);
  if (typeof value === 'number') return Number.isInteger(value) ? value : NaN;
  return value instanceof Date ? value.getTime() : NaN;
};

/** Any zone; digits beyond the millisecond are cut off. */
const readRfc3339 = (text: string): number => {
  const match = RFC_3339.exec(text);
  if (!match) return NaN;
  const [, local, fraction = '', sign, hours = '0', minutes = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return NaN;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return (
    readCanonical(`${local}.${fraction.padEnd(3, '0').slice(0, 3)}Z`) - (sign === '-' ? -offset : offset)
  );
};

const isCanonical = (text: string): boolean => {
  if (
    text.length !== 24 ||
    text.charCodeAt(23) !== 90 ||
    text.charCodeAt(10) !== 84 ||
    text.charCodeAt(19) !== 46
  )
    return false;
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  )
    return false;
  for (let i = 0; i < 23; i++) {
    const digit = text.charCodeAt(i) - 48;
    if ((digit < 0 || digit > 9) && !(i === 4 || i === 7 || i === 10 || i === 13 || i === 16 || i === 19))
      return false;
  }
  return true;
};

const readCanonical = (text: string): number => {
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  if (
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > daysInMonth(year, month) ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    return NaN;
  const ms = two(text, 20) * 10 + (text.charCodeAt(22) - 48);
  return ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + ms;
};

const two = (text: string, at: number): number =>
  (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** Proleptic Gregorian calendar, counted from 1 March so that the leap day is the last (Howard Hinnant, days_from_civil). */
const daysSince1970 = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};
