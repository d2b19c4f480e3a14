import type { CalendarUnit } from '../definition';

const DAY = 86_400_000;

/** The first millisecond of the day, the week (from Monday) or the month that a time is in, in UTC; epoch ms. */
export const calendarStart = (unit: CalendarUnit, time: number): number => {
  const day = Math.floor(time / DAY);
  switch (unit) {
    case 'day':
      return day * DAY;
    case 'week':
      // 1970-01-01 was a Thursday.
      return (Math.floor((day + 3) / 7) * 7 - 3) * DAY;
    case 'month':
      return (day - dayOfMonth(day)) * DAY;
  }
};

/** The longest that such a unit lasts, in ms. */
export const CALENDAR_REACH: Readonly<Record<CalendarUnit, number>> = {
  day: DAY,
  week: 7 * DAY,
  month: 31 * DAY,
};

/** From 0; days are counted from 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days). */
const dayOfMonth = (day: number): number => {
  const shifted = day + 719_468;
  const dayOfEra = shifted - Math.floor(shifted / 146_097) * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return dayOfYear - Math.floor((153 * month + 2) / 5);
};
