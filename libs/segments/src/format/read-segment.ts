import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { ArtifactStore } from '#artifacts';
import { Malformed, type TopicPartition } from '#eventlog';
import { PlatformError, isTransient, messageOf, type Digest } from '#kernel';
import { EntryReader, type Entry } from './entry';
import { decodeManifest, type BlockIndex, type SegmentManifest } from './manifest';
import { MerkleTree, hashOf, leafHash, levelOf } from './merkle';

const inflate = promisify(brotliDecompress);

/** A segment as it lies in the store: its digests hold, its blocks are still to be opened. */
export interface StoredSegment {
  readonly manifest: SegmentManifest;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

type Where = Pick<SegmentManifest, 'topic' | 'partition' | 'first' | 'last'>;

/** Names the segment, so that somebody can find what is broken. Its bytes reach nobody. */
export const segmentCorrupt = (where: Where, manifest: Digest, why: string, cause?: unknown): PlatformError =>
  new PlatformError(
    'PLAYHEAD_SEGMENT_CORRUPT',
    'halt',
    `segment ${where.topic}:${where.partition} ${where.first} to ${where.last} (manifest ${manifest}): ${why}`,
    { details: { ...pick(where), manifest }, cause },
  );

const pick = ({ topic, partition, first, last }: Where): Where => ({ topic, partition, first, last });

/** Whatever is wrong but an outage is a broken segment. */
const guarded = async <T>(where: Where, digest: Digest, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (isTransient(error) || (error instanceof PlatformError && error.code === 'PLAYHEAD_SEGMENT_CORRUPT'))
      throw error;
    throw segmentCorrupt(where, digest, messageOf(error), error);
  }
};

/** @param where what the announcement or the label said; the manifest must say the same. */
export const readManifest = (
  artifacts: Pick<ArtifactStore, 'get'>,
  digest: Digest,
  where: Where,
): Promise<SegmentManifest> =>
  guarded(where, digest, async () => {
    const manifest = decodeManifest(await artifacts.get(digest));
    if (!manifest) throw segmentCorrupt(where, digest, 'not a manifest of this format');
    const differs = (['topic', 'partition', 'first', 'last'] as const).find(
      (name) => manifest[name] !== where[name],
    );
    if (differs)
      throw segmentCorrupt(where, digest, `its manifest says ${differs} ${String(manifest[differs])}`);
    return manifest;
  });

/** The bytes of a segment, whose digest was checked. */
export const loadSegment = async (
  artifacts: Pick<ArtifactStore, 'get'>,
  digest: Digest,
  where: Where,
): Promise<StoredSegment> => {
  const manifest = await readManifest(artifacts, digest, where);
  return guarded(where, digest, async () => {
    const bytes = await artifacts.get(manifest.artifact);
    checkIndex(manifest, digest, bytes);
    return { manifest, digest, bytes };
  });
};

/** The blocks lie behind one another, and their roots make the root of the segment. */
const checkIndex = (manifest: SegmentManifest, digest: Digest, bytes: Buffer): void => {
  const tree = new MerkleTree();
  let at = 0;
  let entries = 0;
  for (const block of manifest.blocks) {
    if (block.at !== at) throw segmentCorrupt(manifest, digest, `a block begins at ${block.at}, not ${at}`);
    at += block.bytes;
    entries += block.entries;
    tree.push(hashOf(block.root), levelOf(block.entries));
  }
  if (at !== bytes.length)
    throw segmentCorrupt(manifest, digest, `its blocks have ${at} bytes, the artifact ${bytes.length}`);
  if (entries !== manifest.count + manifest.unreadable)
    throw segmentCorrupt(manifest, digest, `its blocks have ${entries} entries`);
  const root = tree.root();
  if (root !== manifest.root)
    throw segmentCorrupt(manifest, digest, `its blocks have the Merkle root ${root}`);
};

/** The entries of one block, once its Merkle root holds. Inflating leaves the event loop. */
export const openBlock = (
  { manifest, digest, bytes }: StoredSegment,
  block: BlockIndex,
  at: TopicPartition,
): Promise<Entry[]> =>
  guarded(manifest, digest, async () => {
    const content = await inflate(bytes.subarray(block.at, block.at + block.bytes), {
      maxOutputLength: Math.max(1, block.inflatedBytes),
    });
    const reader = new EntryReader(content, at);
    const tree = new MerkleTree();
    const entries: Entry[] = [];
    while (!reader.done) {
      const start = reader.position;
      entries.push(reader.next());
      tree.push(leafHash(content.subarray(start, reader.position)));
    }
    const root = tree.root();
    if (root !== block.root)
      throw segmentCorrupt(
        manifest,
        digest,
        `the block at offset ${block.first} has the Merkle root ${root}`,
      );
    if (entries.length !== block.entries)
      throw new Malformed(`the block at offset ${block.first} has ${entries.length} entries`);
    return entries;
  });
