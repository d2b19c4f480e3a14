import { useSyncExternalStore } from 'react';

/** The part of the address behind `#`: `/streams/transactions?asOf=...`. So the doors keep all paths of the server for themselves. */
export interface Route {
  /** Decoded, without empty ones: `/` has none. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

export const parseRoute = (hash: string): Route => {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const segments = path.split('/').filter((segment) => segment !== '');
  return { segments: segments.map(decoded), query: new URLSearchParams(query) };
};

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

/** An address inside the console. Empty values of the query are left out. */
export const address = (
  segments: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string => {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const text = new URLSearchParams(entries).toString();
  return `#/${segments.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
};

const subscribe = (changed: () => void): (() => void) => {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
};

let last: { readonly hash: string; readonly route: Route } | undefined;

const current = (): Route => {
  const { hash } = window.location;
  if (last?.hash !== hash) last = { hash, route: parseRoute(hash) };
  return last.route;
};

export const useRoute = (): Route => useSyncExternalStore(subscribe, current);

/** Changes the query of the page that is shown; `replace` leaves no step in the history of the browser. */
export const setQuery = (
  changes: Readonly<Record<string, string | undefined>>,
  { replace = false } = {},
): void => {
  const { segments, query } = current();
  const next = address(segments, { ...Object.fromEntries(query), ...changes });
  if (replace) window.location.replace(next);
  else window.location.hash = next;
};

export const go = (to: string): void => {
  window.location.hash = to;
};
