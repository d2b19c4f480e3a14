import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { Client, S3Error } from 'minio';
import { isPlatformError, sha256, type Digest } from '#kernel';
import {
  corrupt,
  digestOfFile,
  digestOfStream,
  notFound,
  unavailable,
  unreadable,
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
import type { ArtifactMeta, ArtifactStore, Label } from '../port';
import { deadlineTransport } from './deadline-transport';

export interface MinioOptions {
  /** `http://127.0.0.1:9000`; the bucket is made at the first put if it is not there. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region?: string;
  /** A server that is silent for so long counts as away. Default 30 s. */
  readonly silenceMs?: number;
}

const MIB = 1024 * 1024;
/** A file above this is sent in parts of this size; one part is in memory at a time. */
const PART_SIZE = 64 * MIB;

/** Artifacts in MinIO, or any server with S3's API. Puts are conditional (`If-None-Match: *`), so what is stored stays as it is. */
export class MinioArtifactStore implements ArtifactStore {
  private readonly root: string;
  private readonly labels: string;
  private readonly client: Client;
  private readonly bucket: string;
  private readonly region: string;
  private readonly location: string;
  private readonly silenceMs: number;

  constructor(options: MinioOptions, namespace: string) {
    const url = new URL(options.endpoint);
    const secure = url.protocol === 'https:';
    this.root = keyRoot(namespace);
    this.labels = labelRoot(namespace);
    this.bucket = options.bucket;
    this.region = options.region ?? 'us-east-1';
    this.location = `${url.origin}/${options.bucket}`;
    this.silenceMs = options.silenceMs ?? 30_000;
    this.client = new Client({
      endPoint: url.hostname,
      port: url.port ? Number(url.port) : secure ? 443 : 80,
      useSSL: secure,
      accessKey: options.accessKey,
      secretKey: options.secretKey,
      region: this.region,
      partSize: PART_SIZE,
      transport: deadlineTransport(secure, this.silenceMs),
      // A failure is a TransientFailure at once: whoever called us backs off, and says so.
      retryOptions: { disableRetry: true },
    });
  }

  async put(bytes: Uint8Array, meta?: ArtifactMeta): Promise<Digest> {
    const digest = sha256(bytes);
    const key = keyOf(this.root, digest);
    const content = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const send = (headers: Record<string, string>) =>
      this.client.putObject(this.bucket, key, content, content.length, { ...contentType(meta), ...headers });
    await this.guarded(async () => {
      try {
        await this.inBucket(() => send({ 'If-None-Match': '*' }));
      } catch (error) {
        if (!isCode(error, 'PreconditionFailed')) throw error;
        if (!(await this.isIntact(digest))) await send({});
      }
    });
    return digest;
  }

  get(digest: Digest): Promise<Buffer> {
    const key = keyOf(this.root, digest);
    return this.reading(digest, async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of await this.open(digest, key)) chunks.push(chunk as Buffer);
      return verified(Buffer.concat(chunks), digest, `${this.location}/${key}`);
    });
  }

  has(digest: Digest): Promise<boolean> {
    const key = keyOf(this.root, digest);
    return this.guarded(async () => {
      try {
        await this.client.statObject(this.bucket, key);
        return true;
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
    });
  }

  async *list(prefix = ''): AsyncIterable<Digest> {
    requireDigestPrefix(prefix);
    const below = this.root + (prefix.length < 2 ? prefix : `${prefix.slice(0, 2)}/${prefix}`);
    for await (const key of this.keys(below)) {
      const digest = digestOfKey(key);
      if (digest) yield digest;
    }
  }

  async label(path: string, digest: Digest): Promise<void> {
    const key = labelKey(this.labels, path, digest);
    await this.guarded(() =>
      this.inBucket(() => this.client.putObject(this.bucket, key, Buffer.alloc(0), 0)),
    );
  }

  async *labelled(folder = ''): AsyncIterable<Label> {
    const found: Label[] = [];
    for await (const key of this.keys(this.labels + requireFolder(folder))) {
      const label = labelOfKey(this.labels, key);
      if (label) found.push(label);
    }
    yield* found.sort(byLabel);
  }

  async putFile(path: string, meta?: ArtifactMeta): Promise<Digest> {
    const digest = await digestOfFile(path);
    const { size } = await stat(path);
    const key = keyOf(this.root, digest);
    await this.guarded(async () => {
      if ((await this.has(digest)) && (await this.isIntact(digest))) return;
      await this.inBucket(() =>
        this.client.putObject(this.bucket, key, createReadStream(path), size, contentType(meta)),
      );
    });
    return digest;
  }

  getToFile(digest: Digest, path: string): Promise<void> {
    const key = keyOf(this.root, digest);
    return this.reading(digest, async () => {
      await writeFileAtomically(path, await this.open(digest, key), (actual) => {
        if (actual !== digest) throw corrupt(digest, actual, `${this.location}/${key}`);
      });
    });
  }

  ping(): Promise<void> {
    return this.guarded(async () => {
      await this.client.bucketExists(this.bucket);
    });
  }

  private async *keys(prefix: string): AsyncIterable<string> {
    try {
      for await (const item of this.client.listObjectsV2(this.bucket, prefix, true) as AsyncIterable<{
        name?: string;
      }>)
        if (item.name !== undefined) yield item.name;
    } catch (error) {
      if (!isAbsent(error)) throw unavailable(this.location, error);
    }
  }

  private async open(digest: Digest, key: string): Promise<Readable> {
    try {
      return await this.client.getObject(this.bucket, key);
    } catch (error) {
      throw isAbsent(error) ? notFound(digest, this.location) : error;
    }
  }

  private async isIntact(digest: Digest): Promise<boolean> {
    try {
      const read = async (): Promise<Digest> =>
        digestOfStream(await this.open(digest, keyOf(this.root, digest)));
      return (await this.reading(digest, read)) === digest;
    } catch (error) {
      if (isPlatformError(error) && error.code === 'PLAYHEAD_ARTIFACT_CORRUPT') return false;
      throw error;
    }
  }

  /**
   * Reads an object. A server that finds its bytes spoilt on the disk refuses them with the 503 of a server that has too much to do, or
   * breaks off. What cannot be read four times in a row, by a server that knows it and answers at once, is spoilt.
   */
  private reading<T>(digest: Digest, act: () => Promise<T>): Promise<T> {
    const key = keyOf(this.root, digest);
    return this.guarded(async () => {
      for (let pauseMs = 50; ; pauseMs *= 2) {
        const began = performance.now();
        try {
          return await act();
        } catch (error) {
          const wasSilent = performance.now() - began >= this.silenceMs;
          if (isPlatformError(error) || wasSilent) throw error;
          // Rejects where the server is away, and that is what is said then.
          await this.client.statObject(this.bucket, key);
          if (pauseMs > 200) throw unreadable(digest, `${this.location}/${key}`, error);
          await setTimeout(pauseMs);
        }
      }
    });
  }

  private async inBucket<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!isCode(error, 'NoSuchBucket')) throw error;
      await this.makeBucket();
      return act();
    }
  }

  private async makeBucket(): Promise<void> {
    try {
      await this.client.makeBucket(this.bucket, this.region);
    } catch (error) {
      // Another process made it first.
      if (!isCode(error, 'BucketAlreadyOwnedByYou')) throw error;
    }
  }

  private async guarded<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw isPlatformError(error) ? error : unavailable(this.location, error);
    }
  }
}

const contentType = (meta: ArtifactMeta | undefined): Record<string, string> => ({
  'Content-Type': meta?.contentType ?? 'application/octet-stream',
});

const isCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof S3Error && codes.includes(error.code ?? '');

// A stat has no body: its client names a 404 "NotFound".
const isAbsent = (error: unknown): boolean => isCode(error, 'NoSuchKey', 'NotFound', 'NoSuchBucket');
