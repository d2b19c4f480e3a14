import { ANNOTATIONS, HEADERS } from '#contracts';
import {
  WireHeaders,
  copyInto,
  headerNameBytes,
  writeVarint,
  type LogRecord,
  type NewHeader,
  type NewRecord,
} from '#eventlog';

/** Where a recorded output and the one computed again part, with both values as JSON. */
export interface Parting {
  /** Path in the value such as `values.1.amount_mean_7d`, `key`, or `header ph_control`. */
  readonly field: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

export type Compared =
  | { readonly verdict: 'bit_exact' }
  | { readonly verdict: 'within_tolerance' | 'diverged'; readonly parting: Parting };

const BIT_EXACT: Compared = { verdict: 'bit_exact' };

/**
 * Compares an output computed again with the record of then: bytes first; only what differs is parsed. Within tolerance are numbers
 * whose difference is at most `tolerance` times the larger one (or one); everything else that differs has diverged: a decision, a
 * text, a null, the key, a header that says something about the fact.
 */
export const compareOutput = (replayed: NewRecord, recorded: LogRecord, tolerance: number): Compared => {
  if (replayed.partition !== recorded.partition)
    return {
      verdict: 'diverged',
      parting: { field: 'partition', recorded: recorded.partition, replayed: replayed.partition },
    };
  const header = haveSameHeaders(replayed, recorded) ? undefined : differentHeader(replayed, recorded);
  if (header) return { verdict: 'diverged', parting: header };
  if (!sameContent(replayed.key, recorded.key))
    return {
      verdict: 'diverged',
      parting: { field: 'key', recorded: textOf(recorded.key), replayed: textOf(replayed.key) },
    };
  if (sameContent(replayed.value, recorded.value)) return BIT_EXACT;
  return compareValues(textOf(replayed.value), textOf(recorded.value), tolerance);
};

let scratch = Buffer.allocUnsafe(16_384);

const sameContent = (a: NewRecord['value'], b: Buffer | null): boolean => {
  if (a === null || b === null) return a === b;
  if (typeof a !== 'string') return a.equals(b);
  if (a.length > b.length) return false;
  if (scratch.length < b.length + 4) scratch = Buffer.allocUnsafe(2 * b.length);
  // A unit of text is three bytes at most: what does not fit beside `b` is longer than it.
  const written = scratch.write(a, 0, b.length + 4);
  return written === b.length && scratch.compare(b, 0, written, 0, written) === 0;
};

const textOf = (content: NewRecord['value']): string | null =>
  content === null ? null : content.toString('utf8');

/** Headers on the wire, as they would be written. */
class EncodedHeaders {
  private bytes = Buffer.allocUnsafe(4_096);
  private shared: NewRecord['shared'];
  private sharedEnd = 0;
  private sharedCount = 0;

  /** True where nothing needs a closer look. Headers that were never encoded, and annotated ones, always need one. */
  match({ shared = NO_HEADERS, headers }: NewRecord, recorded: WireHeaders): boolean {
    if (shared !== this.shared) {
      this.shared = shared;
      this.sharedEnd = this.write(shared, 0);
      this.sharedCount = shared.length;
    }
    const end = this.write(headers, this.sharedEnd);
    return recorded.areExactly(this.bytes, end, this.sharedCount + headers.length);
  }

  private write(headers: readonly NewHeader[], from: number): number {
    let at = from;
    for (const [name, value] of headers) {
      const nameBytes = headerNameBytes(name);
      // Names and values of ours are short; a text takes three bytes a unit at most.
      const most = at + nameBytes.length + 3 * value.length + 10;
      if (most > this.bytes.length)
        this.bytes = Buffer.concat([this.bytes.subarray(0, at), Buffer.allocUnsafe(2 * most)]);
      at = copyInto(this.bytes, nameBytes, writeVarint(this.bytes, nameBytes.length, at));
      const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
      at = writeVarint(this.bytes, length, at);
      if (typeof value === 'string') this.bytes.write(value, at);
      else copyInto(this.bytes, value, at);
      at += length;
    }
    return at;
  }
}

const NO_HEADERS: readonly NewHeader[] = [];
const encoded = new EncodedHeaders();

const haveSameHeaders = (replayed: NewRecord, { headers }: LogRecord): boolean =>
  headers instanceof WireHeaders && encoded.match(replayed, headers);

/** Header by header in the order of the wire; annotations say nothing about the fact (ADR 0016). */
const differentHeader = ({ shared = [], headers }: NewRecord, recorded: LogRecord): Parting | undefined => {
  const entries = recorded.headers.entries();
  let at = 0;
  const next = (): (typeof entries)[number] | undefined => {
    while (at < entries.length && ANNOTATIONS.includes(entries[at]![0])) at++;
    return entries[at++];
  };
  for (const list of [shared, headers]) {
    for (const [name, value] of list) {
      if (ANNOTATIONS.includes(name)) continue;
      const entry = next();
      if (entry && entry[0] === name && sameContent(value, entry[1])) continue;
      return {
        field: `header ${name}`,
        recorded: recorded.headers.text(name) ?? null,
        replayed: value.toString('utf8'),
      };
    }
  }
  const more = next();
  return more && { field: `header ${more[0]}`, recorded: more[1].toString('utf8'), replayed: null };
};

const compareValues = (replayed: string | null, recorded: string | null, tolerance: number): Compared => {
  const [ours, theirs] = [parsed(replayed), parsed(recorded)];
  const partings = [...differences(ours, theirs, [])];
  // The same numbers in other bytes: something else than the fold has written them.
  if (partings.length === 0) return { verdict: 'diverged', parting: { field: 'bytes', recorded, replayed } };
  const worst = partings.find(({ recorded: a, replayed: b }) => !isNear(a, b, tolerance));
  return worst
    ? { verdict: 'diverged', parting: worst }
    : { verdict: 'within_tolerance', parting: partings[0]! };
};

const isNear = (a: unknown, b: unknown, tolerance: number): boolean =>
  typeof a === 'number' &&
  typeof b === 'number' &&
  Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));

const parsed = (text: string | null): unknown => {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return text;
  }
};

function* differences(replayed: unknown, recorded: unknown, path: readonly string[]): Generator<Parting> {
  if (isBranch(replayed) && isBranch(recorded) && Array.isArray(replayed) === Array.isArray(recorded)) {
    for (const name of new Set([...Object.keys(replayed), ...Object.keys(recorded)]))
      yield* differences(replayed[name], recorded[name], [...path, name]);
    return;
  }
  if (!Object.is(replayed, recorded))
    yield { field: path.join('.') || 'value', recorded: recorded ?? null, replayed: replayed ?? null };
}

const isBranch = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** `ph_source_crc` of an output, or undefined where it has none. */
export const sourceChecksumOf = ({ headers }: LogRecord): string | undefined =>
  headers.text(HEADERS.sourceCrc);
