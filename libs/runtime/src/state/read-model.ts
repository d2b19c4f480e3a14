import { createHash } from 'node:crypto';
import { canonicalJson, type CanonicalValue } from '#kernel';

/** What a read model says of itself at one position. */
export interface StateDigest {
  /** What it reflects: the next offset of each partition of its topics. */
  readonly position: string;
  readonly rows: number;
  /** SHA-256 over the position and all rows: one line of canonical JSON for each, in the order of their keys. */
  readonly digest: string;
}

/** The state before it was dropped and after it was built anew, both at one and the same position. */
export interface Rebuilt {
  readonly before: StateDigest;
  readonly after: StateDigest;
}

/** State that is a cache of the log (law L8): it can be dropped at any time, also while it is asked and while records come in. */
export interface ReadModel {
  readonly name: string;
  digest(): Promise<StateDigest>;
  /** Until the new state takes its place at once, the old one answers. */
  rebuild(): Promise<Rebuilt>;
}

export type StateRow = readonly [key: string, value: unknown];

/** Rows in any order; keys are unique. */
export const digestOfState = (position: string, rows: Iterable<StateRow>): StateDigest => {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const hash = createHash('sha256').update(`${position}\n`);
  for (const row of sorted) hash.update(`${canonicalJson(row as unknown as CanonicalValue)}\n`);
  return { position, rows: sorted.length, digest: hash.digest('hex') };
};
