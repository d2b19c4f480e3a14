import type { Refusal } from './refusal';

/** What became of one fact: refused, or the name that it was given. */
export interface Outcome {
  readonly refusal?: Refusal;
  /** Id of a created experiment, number of a created version. */
  readonly given?: string;
}

export const DONE: Outcome = {};

export const refuse = (code: Refusal['code'], message: string): Outcome => ({ refusal: { code, message } });

/** Sets and takes away; a null takes away. Gives a new map. */
export const changed = (
  texts: ReadonlyMap<string, string>,
  changes: Readonly<Record<string, string | null>> | undefined,
): ReadonlyMap<string, string> => {
  if (!changes) return texts;
  const next = new Map(texts);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) next.delete(key);
    else next.set(key, value);
  }
  return next;
};

/** Entries by key, for a comparison. */
export const sorted = <V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));
