import { crc32c } from '@node-rs/crc32';

const NONE = Buffer.alloc(0);

/** CRC32C of a record's value as eight lower-case hexadecimal digits; an absent value counts as empty (header `ph_source_crc`, law L4). */
export const checksumOf = (value: Buffer | null): string =>
  (crc32c(value ?? NONE) >>> 0).toString(16).padStart(8, '0');
