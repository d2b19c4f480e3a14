/** A window of event time, [start, end), epoch ms. */
export interface EventWindow {
  readonly start: number;
  readonly end: number;
}

/** The window of a moment: windows begin at whole multiples of their length since 1970, so that days are UTC days. */
export const windowAt = (time: number, lengthMs: number): EventWindow => {
  const start = lastBoundary(time, lengthMs);
  return { start, end: start + lengthMs };
};

/** The last beginning of a window at or before a moment. */
export const lastBoundary = (time: number, lengthMs: number): number =>
  Math.floor(time / lengthMs) * lengthMs;

export const isoTime = (time: number): string => new Date(time).toISOString();

export const isoWindow = ({ start, end }: EventWindow): { start: string; end: string } => ({
  start: isoTime(start),
  end: isoTime(end),
});

/** What is watched together: one version under one decision threshold in one window. */
export interface Watched {
  readonly version: number;
  readonly threshold: number | null;
  readonly window: EventWindow;
  /** Of windows by count: the part, by its first prediction. Its window is that of the rows that came so far. */
  readonly chunk?: string;
}

export const watchedKey = ({ version, threshold, window, chunk }: Watched): string =>
  `${chunk ?? `${window.start}/${window.end}`}/${version}/${threshold}`;

/** The window as far as it goes with one more moment. */
export const extended = ({ start, end }: EventWindow, time: number): EventWindow =>
  time >= start && time < end
    ? { start, end }
    : { start: Math.min(start, time), end: Math.max(end, time + 1) };

export const byWindow = (a: Watched, b: Watched): number =>
  a.window.start - b.window.start ||
  a.window.end - b.window.end ||
  a.version - b.version ||
  (a.threshold ?? -Infinity) - (b.threshold ?? -Infinity);
