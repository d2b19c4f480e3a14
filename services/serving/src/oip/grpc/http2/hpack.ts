import { decodeHuffman } from './huffman';
import { ERROR, Http2Error } from './frames';

type Field = readonly [name: string, value: string];

/** RFC 7541, appendix A. */
// prettier-ignore
const STATIC: readonly Field[] = [
  [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'],
  [':scheme', 'http'], [':scheme', 'https'], [':status', '200'], [':status', '204'], [':status', '206'],
  [':status', '304'], [':status', '400'], [':status', '404'], [':status', '500'], ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'], ['accept-language', ''], ['accept-ranges', ''], ['accept', ''],
  ['access-control-allow-origin', ''], ['age', ''], ['allow', ''], ['authorization', ''], ['cache-control', ''],
  ['content-disposition', ''], ['content-encoding', ''], ['content-language', ''], ['content-length', ''],
  ['content-location', ''], ['content-range', ''], ['content-type', ''], ['cookie', ''], ['date', ''], ['etag', ''],
  ['expect', ''], ['expires', ''], ['from', ''], ['host', ''], ['if-match', ''], ['if-modified-since', ''],
  ['if-none-match', ''], ['if-range', ''], ['if-unmodified-since', ''], ['last-modified', ''], ['link', ''],
  ['location', ''], ['max-forwards', ''], ['proxy-authenticate', ''], ['proxy-authorization', ''], ['range', ''],
  ['referer', ''], ['refresh', ''], ['retry-after', ''], ['server', ''], ['set-cookie', ''],
  ['strict-transport-security', ''], ['transfer-encoding', ''], ['user-agent', ''], ['vary', ''], ['via', ''],
  ['www-authenticate', ''],
];

/** The size of the dynamic table that clients may fill: the protocol's default, which nobody was told to exceed. */
const TABLE_BYTES = 4_096;
/** What an entry counts beside its texts (RFC 7541, 4.1). */
const ENTRY_BYTES = 32;

const broken = (what: string): Http2Error => new Http2Error(ERROR.COMPRESSION_ERROR, what);

/** The other side's header compression: one for each connection, every block in its order. RFC 7541. */
export class HpackDecoder {
  /** Newest first is index 62: entries are pushed, and read from the end. */
  private readonly table: Field[] = [];
  private tableBytes = 0;
  private limit = TABLE_BYTES;
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  /**
   * Tells the fields of a block one by one.
   * @throws Http2Error COMPRESSION_ERROR: the tables of the two sides are no longer the same, the connection must end.
   */
  decode(block: Buffer, field: (name: string, value: string) => void): void {
    this.block = block;
    this.at = 0;
    let isFirst = true;
    while (this.at < block.length) {
      const byte = block[this.at]!;
      if (byte & 0x80) {
        const [name, value] = this.entry(this.integer(7));
        field(name, value);
      } else if ((byte & 0xe0) === 0x20) {
        if (!isFirst) throw broken('a change of the table size must begin a block');
        this.resize(this.integer(5));
        continue;
      } else this.literal(byte, field);
      isFirst = false;
    }
  }

  private literal(byte: number, field: (name: string, value: string) => void): void {
    const isIndexed = (byte & 0x40) !== 0;
    const index = this.integer(isIndexed ? 6 : 4);
    const name = index === 0 ? this.text() : this.entry(index)[0];
    const value = this.text();
    if (isIndexed) this.add([name, value]);
    field(name, value);
  }

  private entry(index: number): Field {
    const found =
      index <= STATIC.length ? STATIC[index - 1] : this.table[this.table.length - (index - STATIC.length)];
    if (!found) throw broken(`there is no entry ${index} in the table`);
    return found;
  }

  private add(field: Field): void {
    const bytes = field[0].length + field[1].length + ENTRY_BYTES;
    this.evict(this.limit - bytes);
    if (bytes > this.limit) return;
    this.table.push(field);
    this.tableBytes += bytes;
  }

  private resize(limit: number): void {
    if (limit > TABLE_BYTES) throw broken(`a table of ${limit} bytes was not agreed on`);
    this.limit = limit;
    this.evict(limit);
  }

  /** Oldest first, until no more than so many bytes are taken. */
  private evict(bytes: number): void {
    let count = 0;
    while (this.tableBytes > bytes && count < this.table.length) {
      const [name, value] = this.table[count++]!;
      this.tableBytes -= name.length + value.length + ENTRY_BYTES;
    }
    if (count > 0) this.table.splice(0, count);
  }

  /** RFC 7541, 5.1: so many bits of this byte, then groups of seven. */
  private integer(prefix: number): number {
    const mask = (1 << prefix) - 1;
    let value = this.byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken('a number is larger than any that makes sense');
  }

  private text(): string {
    const isHuffman = this.at < this.block.length && (this.block[this.at]! & 0x80) !== 0;
    const length = this.integer(7);
    const start = this.at;
    const end = start + length;
    if (end > this.block.length) throw broken('a text reaches beyond its block');
    this.at = end;
    if (!isHuffman) return this.block.toString('latin1', start, end);
    const text = decodeHuffman(this.block, start, end);
    if (text === undefined) throw broken('a text is not in the Huffman code');
    return text;
  }

  private byte(): number {
    if (this.at >= this.block.length) throw broken('a block ends within a field');
    return this.block[this.at++]!;
  }
}

/** Fields as literals that enter no table: what we send can be made once and sent for ever. */
export const encodeFields = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(
    Object.entries(fields).map(([name, value]) =>
      Buffer.concat([Buffer.of(0), encodeText(name), encodeText(value)]),
    ),
  );

const encodeText = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  if (bytes.length < 0x7f) length.push(bytes.length);
  else {
    length.push(0x7f);
    let rest = bytes.length - 0x7f;
    for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
};
