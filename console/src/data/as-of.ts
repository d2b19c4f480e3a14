import { setQuery, useRoute } from './route';

/** RFC 3339, or a position of `registry.inputs`; undefined is now. Stands in the address, so that a link shows what its sender saw. */
export const useAsOf = (): string | undefined => useRoute().query.get('asOf') ?? undefined;

export const setAsOf = (asOf: string | undefined, { replace = false } = {}): void =>
  setQuery({ asOf }, { replace });
