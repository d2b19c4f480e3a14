import type { AggregateFeature } from '../definition';
import { CALENDAR_REACH, calendarStart } from './calendar';

/** Gives the newest time that is no longer in the window as of a time; it never falls while that rises. */
export const boundOf = (window: AggregateFeature['window']): ((at: number) => number) => {
  if (window === undefined) return () => -Infinity;
  if (typeof window === 'number') return (at) => at - window;
  return (at) => calendarStart(window.calendar, at) - 1;
};

/** How far a window reaches back at most, in ms, tiles left aside; Infinity for everything so far. */
export const reachOf = (window: AggregateFeature['window']): number => {
  if (window === undefined) return Infinity;
  return typeof window === 'number' ? window : CALENDAR_REACH[window.calendar];
};

/** The event times that count for an aggregate as of `at`: after `after`, up to `upTo`. Epoch ms. */
export const windowTimes = (
  { window, tile }: Pick<AggregateFeature, 'window' | 'tile'>,
  at: number,
): { readonly after: number; readonly upTo: number } => {
  const after = boundOf(window)(at);
  if (tile === undefined) return { after, upTo: at };
  return {
    after: Math.floor((after + 1) / tile) * tile - 1,
    upTo: (Math.floor(at / tile) + 1) * tile - 1,
  };
};

/** How far back an event may count at most, in ms; Infinity where everything so far does. */
export const windowReachMs = ({ window, tile = 0 }: Pick<AggregateFeature, 'window' | 'tile'>): number =>
  reachOf(window) + tile;
