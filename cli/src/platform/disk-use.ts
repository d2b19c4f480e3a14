import { statfs } from 'node:fs/promises';

/** The disk below a folder. */
export interface DiskUse {
  readonly path: string;
  readonly totalBytes: number;
  /** What programs without special rights can still write. */
  readonly freeBytes: number;
}

/** From here on somebody should know: a broker that ran out of space does not start again by itself. */
const FULL_SHARE = 0.8;
const LARGEST_NAMED = 3;

/** Undefined where there is no such folder: the broker is another's. */
export const diskUse = async (path: string): Promise<DiskUse | undefined> => {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    // As `df` does: what is reserved for the system counts neither as used nor as free.
    return { path, totalBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
};

/** A warning where the disk is four fifths full, with the topics that take up most of it. */
export const diskWarnings = (
  { path, totalBytes, freeBytes }: DiskUse,
  topics: readonly { readonly topic: string; readonly bytes?: number }[],
): string[] => {
  const share = totalBytes === 0 ? 0 : (totalBytes - freeBytes) / totalBytes;
  if (share < FULL_SHARE) return [];
  const largest = topics
    .filter((topic): topic is { topic: string; bytes: number } => (topic.bytes ?? 0) > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, LARGEST_NAMED)
    .map(({ topic, bytes }) => `${topic} ${megabytes(bytes)}`);
  const most = largest.length === 0 ? '' : `; most of the log: ${largest.join(', ')}`;
  return [
    `the disk below ${path} is ${Math.floor(share * 100)} % full, ${megabytes(freeBytes)} are free${most}. Free some space, or move --data-dir to a larger disk`,
  ];
};

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
