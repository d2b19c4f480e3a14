import { createHash } from 'node:crypto';
import { canonicalJson, type CanonicalValue } from './canonical';

/** Lower-case hexadecimal SHA-256. Content addresses and definition digests are this. */
export type Digest = string;

export const sha256 = (content: Uint8Array | string): Digest =>
  createHash('sha256').update(content).digest('hex');

/** The digest of a value's canonical JSON. */
export const digestOf = (value: CanonicalValue): Digest => sha256(canonicalJson(value));
