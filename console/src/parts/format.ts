/** Numbers and times as every page writes them. Times are UTC. */

const wholeFormat = new Intl.NumberFormat('en');

export const DAY_MS = 86_400_000;

export const NONE = '–';

export const whole = (value: number | null | undefined): string =>
  value === null || value === undefined ? NONE : wholeFormat.format(Math.round(value));

/** To so many significant digits, without trailing zeros. */
export const figure = (value: number | null | undefined, digits = 3): string => {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE;
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(1);
  if (Math.abs(value) >= 100_000) return wholeFormat.format(Math.round(value));
  return String(Number(value.toPrecision(digits)));
};

/** Of a share from 0 to 1. */
export const percent = (share: number | null | undefined, digits = 2): string =>
  share === null || share === undefined || Number.isNaN(share)
    ? NONE
    : `${Number((share * 100).toPrecision(digits))}\u00a0%`;

export const perSecond = (rate: number): string =>
  rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : whole(rate);

/** `2026-03-01 09:30:12`; the whole time stands in the title of `<Time>`. */
export const moment = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

export const day = (iso: string): string => iso.slice(0, 10);

/** A window of event time: `2026-03-01`, or `2026-03-01 09:00 to 10:00`. */
export const windowText = ({ start, end }: { readonly start: string; readonly end: string }): string => {
  const length = Date.parse(end) - Date.parse(start);
  if (start.endsWith('T00:00:00.000Z') && length === DAY_MS) return day(start);
  const until = day(start) === day(end) ? end.slice(11, 16) : end.slice(0, 16).replace('T', ' ');
  return `${start.slice(0, 16).replace('T', ' ')} to ${until}`;
};

const UNITS = [
  ['d', DAY_MS],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Two units at most: `3 d 4 h`, `12 s`. */
export const duration = (ms: number): string => {
  if (!Number.isFinite(ms)) return NONE;
  const length = Math.abs(ms);
  const largest = UNITS.findIndex(([, size]) => length >= size);
  if (largest < 0) return '0 s';
  const [name, size] = UNITS[largest]!;
  const count = Math.floor(length / size);
  const next = UNITS[largest + 1];
  const rest = next && size > 1_000 ? Math.floor((length - count * size) / next[1]) : 0;
  const text = rest > 0 && next ? `${count} ${name} ${rest} ${next[0]}` : `${count} ${name}`;
  return ms < 0 ? `-${text}` : text;
};

export const shortDigest = (digest: string): string => digest.slice(0, 12);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : many}`;

/** What a code of the platform says to people: `feature-drift` is `feature drift`. */
export const words = (code: string): string => code.replaceAll(/[-_]/g, ' ').toLowerCase();
