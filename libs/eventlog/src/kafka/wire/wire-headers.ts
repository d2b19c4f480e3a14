import type { HeaderEntry, RecordHeaders } from '../../port';
import { Cursor, Malformed } from './bytes';

const KNOWN_NAMES_LIMIT = 1_000;
const knownNames = new Map<string, Buffer>();

/** The UTF-8 bytes of a header name. Names are few and constant, so they are encoded once. */
export const headerNameBytes = (name: string): Buffer => {
  let bytes = knownNames.get(name);
  if (!bytes) {
    bytes = Buffer.from(name, 'utf8');
    if (knownNames.size < KNOWN_NAMES_LIMIT) knownNames.set(name, bytes);
  }
  return bytes;
};

const EMPTY = Buffer.alloc(0);

/**
 * Headers as they stand in a record, a view of the batch that is decoded when it is asked.
 * `pass` has walked over them before, so that reading cannot fail. A null value reads as an empty one.
 */
export class WireHeaders implements RecordHeaders {
  constructor(
    private readonly buffer: Buffer,
    private readonly start: number,
    private readonly count: number,
  ) {}

  get(name: string): Buffer | undefined {
    const found = this.find(headerNameBytes(name));
    return found && this.buffer.subarray(found.at, found.end);
  }

  text(name: string): string | undefined {
    const found = this.find(headerNameBytes(name));
    return found && this.buffer.toString('utf8', found.at, found.end);
  }

  /** Whether they are exactly these, given as `count` headers encoded in the first `length` bytes: one comparison, nothing decoded. */
  areExactly(encoded: Buffer, length: number, count: number): boolean {
    const { buffer, start } = this;
    return (
      this.count === count &&
      start + length <= buffer.length &&
      buffer.compare(encoded, 0, length, start, start + length) === 0
    );
  }

  entries(): readonly HeaderEntry[] {
    const cursor = new Cursor(this.buffer, this.start, this.buffer.length);
    const entries: HeaderEntry[] = [];
    for (let i = 0; i < this.count; i++) {
      const nameEnd = cursor.varint() + cursor.at;
      const name = this.buffer.toString('utf8', cursor.at, nameEnd);
      cursor.at = nameEnd;
      const length = cursor.varint();
      entries.push([name, length > 0 ? this.buffer.subarray(cursor.at, cursor.at + length) : EMPTY]);
      if (length > 0) cursor.at += length;
    }
    return entries;
  }

  /** The headers as they are written, one behind the other, and how many they are: to be written again as they are. */
  span(): { readonly bytes: Buffer; readonly count: number } {
    const cursor = new Cursor(this.buffer, this.start, this.buffer.length);
    passHeaders(cursor, this.count, this.buffer.length);
    return { bytes: this.buffer.subarray(this.start, cursor.at), count: this.count };
  }

  /** Where the value of the last header of that name lies. */
  private find(name: Buffer): { at: number; end: number } | undefined {
    const { buffer } = this;
    const cursor = new Cursor(buffer, this.start, buffer.length);
    let at = -1;
    let end = -1;
    for (let i = 0; i < this.count; i++) {
      const nameLength = cursor.varint();
      const same = nameLength === name.length && sameBytes(buffer, cursor.at, name);
      cursor.at += nameLength;
      const length = Math.max(0, cursor.varint());
      if (same) {
        at = cursor.at;
        end = at + length;
      }
      cursor.at += length;
    }
    return at < 0 ? undefined : { at, end };
  }
}

const sameBytes = (buffer: Buffer, at: number, name: Buffer): boolean => {
  for (let i = 0; i < name.length; i++) if (buffer[at + i] !== name[i]) return false;
  return true;
};

/** Walks over `count` headers; throws Malformed where they do not end by `end`. */
export const passHeaders = (cursor: Cursor, count: number, end: number): void => {
  for (let i = 0; i < count; i++) {
    const nameLength = cursor.varint();
    if (nameLength < 0) throw new Malformed('a header without a name');
    cursor.at += nameLength;
    if (cursor.at >= end) throw new Malformed('a header is cut off');
    const length = cursor.varint();
    if (length < -1) throw new Malformed('a header value of negative length');
    if (length > 0) cursor.at += length;
    if (cursor.at > end) throw new Malformed('a header is cut off');
  }
};
