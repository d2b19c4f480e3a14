import { crc32c } from '@node-rs/crc32';

const NONE = Buffer.alloc(0);

/** CRC32C of a record's value as eight lower-case hexadecimal digits; an absent value counts as empty (header `ph_source_crc`, law L4). */
export const checksumOf = (value: Buffer | null): string => hexOf(crc32c(value ?? NONE));

/** Of an unsigned or signed 32-bit number; every record has one, and `toString(16)` takes as long as the checksum itself. */
const hexOf = (crc: number): string =>
  HEX[crc >>> 24]! + HEX[(crc >>> 16) & 255]! + HEX[(crc >>> 8) & 255]! + HEX[crc & 255]!;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
