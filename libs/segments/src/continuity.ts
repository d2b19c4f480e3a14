import type { Chunk, OffsetRange } from '#eventlog';

/** Offsets from `from` to the end of a chunk that neither a record stands at nor a batch header accounts for. */
export const holesIn = (chunk: Chunk, from: number): OffsetRange[] => {
  if (chunk.kind === 'unreadable') return rangeOf(from, chunk.firstOffset - 1);
  const { records, passed = [], nextOffset } = chunk;
  if (records.length === nextOffset - from && records[0]?.offset === from) return [];
  const taken = [...passed, ...records.map(({ offset }) => ({ first: offset, last: offset }))].sort(
    (a, b) => a.first - b.first,
  );
  const holes: OffsetRange[] = [];
  let next = from;
  for (const { first, last } of taken) {
    holes.push(...rangeOf(next, first - 1));
    next = Math.max(next, last + 1);
  }
  return [...holes, ...rangeOf(next, nextOffset - 1)];
};

const rangeOf = (first: number, last: number): OffsetRange[] => (first <= last ? [{ first, last }] : []);

/** The part of ranges that lies from `first` to `last`. */
export const within = (ranges: readonly OffsetRange[], first: number, last: number): OffsetRange[] =>
  ranges.flatMap((range) => rangeOf(Math.max(first, range.first), Math.min(last, range.last)));

/** One more range behind others; neighbours become one. */
export const extended = (ranges: OffsetRange[], range: OffsetRange): void => {
  const before = ranges[ranges.length - 1];
  if (before && before.last + 1 >= range.first)
    ranges[ranges.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  else ranges.push(range);
};

export const rangeText = ({ first, last }: OffsetRange): string =>
  first === last ? String(first) : `${first} to ${last}`;
