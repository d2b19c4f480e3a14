import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { sha256, type Digest } from '#kernel';
import { notFound, verified, writeFileAtomically } from '../integrity';
import {
  byLabel,
  digestOfKey,
  keyOf,
  keyRoot,
  labelKey,
  labelOfKey,
  labelRoot,
  requireDigestPrefix,
  requireFolder,
} from '../keys';
import type { ArtifactStore, Label } from '../port';

/** The in-memory twin of the object store. Namespaces share `objects` as they would share a bucket. */
export class MemoryArtifactStore implements ArtifactStore {
  private readonly root: string;
  private readonly labels: string;

  constructor(
    namespace: string,
    readonly objects: Map<string, Buffer> = new Map(),
  ) {
    this.root = keyRoot(namespace);
    this.labels = labelRoot(namespace);
  }

  put(bytes: Uint8Array): Promise<Digest> {
    const digest = sha256(bytes);
    this.objects.set(keyOf(this.root, digest), Buffer.from(bytes));
    return Promise.resolve(digest);
  }

  async get(digest: Digest): Promise<Buffer> {
    const key = keyOf(this.root, digest);
    const bytes = this.objects.get(key);
    if (!bytes) throw notFound(digest, 'memory');
    return Buffer.from(verified(bytes, digest, `memory:${key}`));
  }

  async has(digest: Digest): Promise<boolean> {
    return this.objects.has(keyOf(this.root, digest));
  }

  async *list(prefix = ''): AsyncIterable<Digest> {
    requireDigestPrefix(prefix);
    const own = [...this.objects.keys()].filter((key) => key.startsWith(this.root)).sort();
    for (const key of own) {
      const digest = digestOfKey(key);
      if (digest?.startsWith(prefix)) yield digest;
    }
  }

  async putFile(path: string): Promise<Digest> {
    return this.put(await readFile(path));
  }

  async getToFile(digest: Digest, path: string): Promise<void> {
    await writeFileAtomically(path, Readable.from([await this.get(digest)]), () => undefined);
  }

  async label(path: string, digest: Digest): Promise<void> {
    this.objects.set(labelKey(this.labels, path, digest), Buffer.alloc(0));
  }

  async *labelled(folder = ''): AsyncIterable<Label> {
    const below = this.labels + requireFolder(folder);
    yield* [...this.objects.keys()]
      .filter((key) => key.startsWith(below))
      .flatMap((key) => labelOfKey(this.labels, key) ?? [])
      .sort(byLabel);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }
}
