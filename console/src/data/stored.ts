import { useSyncExternalStore } from 'react';

/** A text that the browser keeps; where it keeps nothing (private windows), for as long as the page is open. */
export const storedText = (name: string, initial: string) => {
  const key = `playhead.${name}`;
  const listeners = new Set<() => void>();
  let value = initial;
  try {
    value = window.localStorage.getItem(key) ?? initial;
  } catch {
    // Nothing is kept.
  }
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = (): string => value;
  const set = (next: string): void => {
    value = next;
    try {
      window.localStorage.setItem(key, next);
    } catch {
      // Nothing is kept.
    }
    for (const listener of listeners) listener();
  };
  return { get, set, subscribe, use: (): string => useSyncExternalStore(subscribe, get) };
};

/** Who acts: sent as `X-Playhead-Actor` with whatever changes something. */
export const actor = storedText('actor', 'console');

/** light, dark, or auto: what the system says. */
export const theme = storedText('theme', 'auto');
