import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { messageOf, PlatformError, Refused, sha256, TransientFailure, type Digest } from '#kernel';

export const notFound = (digest: Digest, location: string): Refused =>
  new Refused('PLAYHEAD_ARTIFACT_NOT_FOUND', `no artifact ${digest} in ${location}`, {
    details: { digest, location },
  });

/** Stops its reader: bytes that differ from their digest must reach nobody. */
export const corrupt = (digest: Digest, actual: Digest, location: string): PlatformError =>
  new PlatformError(
    'PLAYHEAD_ARTIFACT_CORRUPT',
    'halt',
    `the bytes at ${location} have the digest ${actual}, not ${digest}`,
    {
      details: { digest, actual, location },
    },
  );

/** The store itself refuses the bytes: it has found them spoilt on its disk. */
export const unreadable = (digest: Digest, location: string, cause: unknown): PlatformError =>
  new PlatformError(
    'PLAYHEAD_ARTIFACT_CORRUPT',
    'halt',
    `the store knows the bytes at ${location} and cannot read them: they are damaged on its disk (${reasonOf(cause)})`,
    { details: { digest, location }, cause },
  );

export const unavailable = (location: string, cause: unknown): TransientFailure =>
  new TransientFailure(
    'PLAYHEAD_ARTIFACT_UNAVAILABLE',
    `the artifact store at ${location} does not answer: ${reasonOf(cause)}`,
    {
      details: { location },
      cause,
    },
  );

/** The code of a system error such as `ENOENT` or `ECONNREFUSED`. */
export const systemCode = (error: unknown): string | undefined => {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
};

// An AggregateError (both addresses of localhost refused) has an empty message; its code says more.
const reasonOf = (cause: unknown): string => messageOf(cause) || (systemCode(cause) ?? 'unknown reason');

/** The same bytes, or `PLAYHEAD_ARTIFACT_CORRUPT`. */
export const verified = (bytes: Buffer, digest: Digest, location: string): Buffer => {
  const actual = sha256(bytes);
  if (actual !== digest) throw corrupt(digest, actual, location);
  return bytes;
};

type Chunks = AsyncIterable<Uint8Array>;

export const digestOfStream = async (chunks: Chunks): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

export const digestOfFile = (path: string): Promise<Digest> => digestOfStream(createReadStream(path));

/**
 * Copies a stream into `path` and returns its digest. The content is flushed to the disk and takes its name only after
 * `accept` has seen the digest without throwing, so a crash or a refusal leaves nothing under that name.
 */
export const writeFileAtomically = async (
  path: string,
  content: Chunks,
  accept: (digest: Digest) => void,
): Promise<Digest> => {
  const partial = `${path}.${randomUUID()}.partial`;
  const hash = createHash('sha256');
  try {
    await pipeline(
      content,
      async function* (chunks: Chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(partial, { flush: true }),
    );
    const digest = hash.digest('hex');
    accept(digest);
    await rename(partial, path);
    return digest;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
};
