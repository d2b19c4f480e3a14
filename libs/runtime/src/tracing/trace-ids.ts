import { sha256 } from '#kernel';

/** A trace id as four words of 32 bits, the first one in front. */
export type TraceWords = readonly [number, number, number, number];

/** What the trace ids of a topic begin with. */
export const seedOf = (topic: string): TraceWords => wordsOf(sha256(`trace ${topic}`));

/** The words of (the first 32 digits of) a hexadecimal text. */
export const wordsOf = (hex: string): TraceWords => [
  parseInt(hex.slice(0, 8), 16),
  parseInt(hex.slice(8, 16), 16),
  parseInt(hex.slice(16, 24), 16),
  parseInt(hex.slice(24, 32), 16),
];

export const hexOf = (words: TraceWords): string =>
  words.map((word) => word.toString(16).padStart(8, '0')).join('');

const TWO_32 = 4294967296;

/**
 * The id of the trace that begins with a record: a function of where and when it stands on the log, so that whoever reads it again
 * begins the same trace. The append time keeps a topic that was made anew apart from its predecessor. Counted in nanoseconds, since
 * each record that nobody traces asks for it.
 */
export const traceWordsOf = (
  seed: TraceWords,
  partition: number,
  offset: number,
  timestamp: number,
): TraceWords => {
  const word = (start: number): number => {
    let hash = stir(start, partition);
    hash = stir(hash, offset >>> 0);
    hash = stir(hash, Math.floor(offset / TWO_32));
    hash = stir(hash, timestamp >>> 0);
    return stir(hash, Math.floor(timestamp / TWO_32));
  };
  return [word(seed[0]), word(seed[1]), word(seed[2]), word(seed[3])];
};

/** MurmurHash3's finalizer (Appleby, 2011) over what was stirred before: a bijection for each input. */
const stir = (hash: number, input: number): number => {
  let h = hash ^ input;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** The id of a span of a trace, named by what it stands for. */
export const spanIdOf = (traceId: string, ...parts: readonly (string | number)[]): string =>
  sha256([traceId, ...parts].join(' ')).slice(0, 16);
