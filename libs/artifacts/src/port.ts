import type { Digest } from '#kernel';

/** What is said about bytes beside their digest; it is not part of their identity. */
export interface ArtifactMeta {
  readonly contentType?: string;
}

/** A name under which an artifact is found again when all else is lost: the store itself knows it. */
export interface Label {
  /** Names with `/` between them. */
  readonly path: string;
  readonly digest: Digest;
}

/**
 * Bytes under the SHA-256 of their content (law L7: artifacts first, then the fact that announces them).
 *
 * Every adapter keeps these promises; `artifact-store.conformance.ts` holds them to it:
 * - a put that has returned is durable, and a put again is harmless; it repairs stored bytes that no longer have their digest;
 * - every read checks the digest. It gives the exact bytes or fails: `PLAYHEAD_ARTIFACT_NOT_FOUND`, `PLAYHEAD_ARTIFACT_CORRUPT`
 *   (names digest and location), or `PLAYHEAD_ARTIFACT_UNAVAILABLE`, a `TransientFailure`, when the store is away;
 * - two namespaces never see each other's artifacts.
 */
export interface ArtifactStore {
  put(bytes: Uint8Array, meta?: ArtifactMeta): Promise<Digest>;
  get(digest: Digest): Promise<Buffer>;
  has(digest: Digest): Promise<boolean>;
  /** Digests that begin with `prefix` (hexadecimal, empty for all), in ascending order. */
  list(prefix?: string): AsyncIterable<Digest>;
  /** As `put`, for a file that need not fit into memory. */
  putFile(path: string, meta?: ArtifactMeta): Promise<Digest>;
  /** Writes the artifact to `path`, which appears only once the whole content has been checked. */
  getToFile(digest: Digest, path: string): Promise<void>;
  /** Puts a name on an artifact. Again is harmless; one name can stand on several artifacts. Durable once it returns. */
  label(path: string, digest: Digest): Promise<void>;
  /** Labels below a folder of names (`segments/`, empty for all), by path, then by digest. */
  labelled(folder?: string): AsyncIterable<Label>;
  /** Resolves when the store answers; fails with `PLAYHEAD_ARTIFACT_UNAVAILABLE` otherwise. */
  ping(): Promise<void>;
}
