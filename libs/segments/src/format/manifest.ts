import { canonicalJson, type CanonicalValue, type Digest } from '#kernel';
import type { OffsetRange } from '#eventlog';

/** A run of entries that is compressed by itself. Its leaves make a whole subtree of the Merkle tree (the last one of a segment may be ragged). */
export interface BlockIndex {
  /** First offset of its first entry. */
  readonly first: number;
  readonly entries: number;
  /** Where it begins in the artifact, and its bytes there. */
  readonly at: number;
  readonly bytes: number;
  readonly inflatedBytes: number;
  readonly root: Digest;
}

/**
 * What a segment is: a function of the log alone, so that whoever seals the same range gives the same manifest under the same digest.
 * Times are milliseconds since 1970.
 */
export interface SegmentManifest {
  readonly format: 1;
  /** Below the namespace. */
  readonly topic: string;
  readonly partition: number;
  /** Of the topic. */
  readonly partitions: number;
  readonly first: number;
  readonly last: number;
  /** Records that can be read. */
  readonly count: number;
  /** Batches that nobody can decode: they are kept as they stood. */
  readonly unreadable: number;
  /** Offsets that hold nothing for a reader: markers of transactions, and what was rolled back. Any other one has an entry. */
  readonly absent: readonly OffsetRange[];
  readonly minEventTime: number | null;
  readonly maxEventTime: number | null;
  readonly firstAppended: number | null;
  readonly lastAppended: number | null;
  /** Merkle root over the entries in order. */
  readonly root: Digest;
  /** The blocks behind one another. */
  readonly artifact: Digest;
  readonly codec: 'brotli';
  readonly bytes: number;
  readonly inflatedBytes: number;
  readonly blocks: readonly BlockIndex[];
}

export const encodeManifest = (manifest: SegmentManifest): Buffer =>
  Buffer.from(canonicalJson(manifest as unknown as CanonicalValue));

/** Gives nothing where the bytes are no manifest of this format. */
export const decodeManifest = (bytes: Buffer): SegmentManifest | undefined => {
  try {
    const manifest = JSON.parse(bytes.toString('utf8')) as SegmentManifest;
    return manifest.format === 1 && manifest.codec === 'brotli' ? manifest : undefined;
  } catch {
    return undefined;
  }
};
