import { createReadStream } from 'node:fs';
import { access, constants, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { isPlatformError, sha256, type Digest } from '#kernel';
import {
  corrupt,
  digestOfFile,
  notFound,
  systemCode,
  unavailable,
  verified,
  writeFileAtomically,
} from '../integrity';
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

/**
 * Artifacts as files below `directory`, for machines without an object store. A file takes its name only once it is whole and
 * flushed, so several processes may share the folder and a crash leaves at most a `.partial` file behind.
 */
export class FileArtifactStore implements ArtifactStore {
  private readonly root: string;
  private readonly labels: string;

  constructor(
    private readonly directory: string,
    namespace: string,
  ) {
    this.root = keyRoot(namespace);
    this.labels = labelRoot(namespace);
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = sha256(bytes);
    await this.store(digest, () => Readable.from([bytes]));
    return digest;
  }

  get(digest: Digest): Promise<Buffer> {
    const path = this.pathOf(digest);
    return this.reading(digest, async () => verified(await readFile(path), digest, path));
  }

  async has(digest: Digest): Promise<boolean> {
    const path = this.pathOf(digest);
    try {
      await access(path, constants.F_OK);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw unavailable(this.directory, error);
    }
  }

  async *list(prefix = ''): AsyncIterable<Digest> {
    requireDigestPrefix(prefix);
    const folders = await this.entries(this.root);
    for (const folder of folders) {
      if (!folder.startsWith(prefix.slice(0, 2))) continue;
      for (const file of await this.entries(join(this.root, folder))) {
        const digest = digestOfKey(file);
        if (digest?.startsWith(prefix)) yield digest;
      }
    }
  }

  async putFile(path: string): Promise<Digest> {
    const digest = await digestOfFile(path);
    await this.store(digest, () => createReadStream(path));
    return digest;
  }

  getToFile(digest: Digest, path: string): Promise<void> {
    const source = this.pathOf(digest);
    return this.reading(digest, async () => {
      await writeFileAtomically(path, createReadStream(source), (actual) => {
        if (actual !== digest) throw corrupt(digest, actual, source);
      });
    });
  }

  async label(path: string, digest: Digest): Promise<void> {
    const file = join(this.directory, labelKey(this.labels, path, digest));
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFileAtomically(file, Readable.from([]), () => undefined);
      await flushDirectory(dirname(file));
    } catch (error) {
      throw unavailable(this.directory, error);
    }
  }

  async *labelled(folder = ''): AsyncIterable<Label> {
    const found: Label[] = [];
    const walk = async (below: string): Promise<void> => {
      for (const name of await this.entries(below)) {
        const label = labelOfKey(this.labels, `${below}${name}`);
        if (label) found.push(label);
        else if (!name.endsWith('.partial')) await walk(`${below}${name}/`);
      }
    };
    await walk(this.labels + requireFolder(folder));
    yield* found.sort(byLabel);
  }

  async ping(): Promise<void> {
    try {
      await mkdir(this.directory, { recursive: true });
      await access(this.directory, constants.R_OK | constants.W_OK);
    } catch (error) {
      throw unavailable(this.directory, error);
    }
  }

  private pathOf(digest: Digest): string {
    return join(this.directory, keyOf(this.root, digest));
  }

  private async store(digest: Digest, content: () => Readable): Promise<void> {
    const path = this.pathOf(digest);
    try {
      if ((await this.has(digest)) && (await digestOfFile(path)) === digest) return;
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically(path, content(), (actual) => {
        if (actual !== digest)
          throw corrupt(digest, actual, 'the bytes given, which changed while they were stored');
      });
      await flushDirectory(dirname(path));
    } catch (error) {
      throw isPlatformError(error) ? error : unavailable(this.directory, error);
    }
  }

  private async reading<T>(digest: Digest, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (isPlatformError(error)) throw error;
      throw isMissing(error) && !(await this.has(digest))
        ? notFound(digest, this.directory)
        : unavailable(this.directory, error);
    }
  }

  private async entries(folder: string): Promise<string[]> {
    try {
      return (await readdir(join(this.directory, folder))).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw unavailable(this.directory, error);
    }
  }
}

const isMissing = (error: unknown): boolean => systemCode(error) === 'ENOENT';

// Without it a crash could forget the new name although the content is on the disk.
const flushDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
