import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '#artifacts';
import { RefusedByMlflow, invalid } from '../domain/refusal';

/** Files up to this many bytes are handled in memory; larger ones go through a file. */
const IN_MEMORY_BYTES = 4_194_304;

/** Known to this process alone, so that no client can pass a body by the parsers of other doors. */
const UPLOAD_TYPE = `application/x-upload-${randomUUID()}`;
const UPLOADS = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\//;
const IMPORTS = /^\/v1\/models\/[^/?]+\/import(\?|$)/;

/** Leaves the bodies of uploads as streams: a file need not fit into memory, and may be of any type. */
export const streamUploads = (server: FastifyInstance): void => {
  server.addHook('onRequest', (request, _reply, done) => {
    const { method, url } = request;
    if ((method === 'PUT' && UPLOADS.test(url)) || (method === 'POST' && IMPORTS.test(url)))
      request.headers['content-type'] = UPLOAD_TYPE;
    done();
  });
  server.addContentTypeParser(UPLOAD_TYPE, (_request, body, done) => done(null, body));
};

/** Puts a body into the store, within `mostBytes`. */
export const receive = async (
  body: Readable | undefined,
  store: ArtifactStore,
  mostBytes: number,
): Promise<{ readonly artifact: string; readonly size: number }> => {
  const head: Buffer[] = [];
  let size = 0;
  const chunks = body?.[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    const step = await chunks?.next();
    if (!step || step.done) return undefined;
    const chunk = step.value as Buffer;
    size += chunk.length;
    if (size > mostBytes) throw tooLarge(mostBytes);
    return chunk;
  };
  while (size <= IN_MEMORY_BYTES) {
    const chunk = await next();
    if (!chunk) return { artifact: await store.put(Buffer.concat(head)), size };
    head.push(chunk);
  }
  return inScratchFolder(async (folder) => {
    const path = join(folder, 'upload');
    const file = await open(path, 'wx');
    const hash = createHash('sha256');
    try {
      const write = async (chunk: Buffer): Promise<void> => {
        hash.update(chunk);
        await file.write(chunk);
      };
      for (const chunk of head.splice(0)) await write(chunk);
      for (let chunk = await next(); chunk; chunk = await next()) await write(chunk);
    } finally {
      await file.close();
    }
    const artifact = await store.putFile(path);
    if (artifact !== hash.digest('hex')) throw new Error('the upload changed on its way to the store');
    return { artifact, size };
  });
};

/** The bytes of an artifact: checked before the first one leaves, and streamed where they are many. */
export const bytesOf = async (
  store: ArtifactStore,
  digest: string,
  size?: number,
): Promise<Buffer | Readable> => {
  if (size !== undefined && size <= IN_MEMORY_BYTES) return store.get(digest);
  const folder = await mkdtemp(join(tmpdir(), 'playhead-download-'));
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'artifact');
    await store.getToFile(digest, path);
    const stream = createReadStream(path);
    stream.on('close', () => void clear().catch(() => undefined));
    return stream;
  } catch (error) {
    await clear();
    throw error;
  }
};

const inScratchFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-upload-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const tooLarge = (mostBytes: number): RefusedByMlflow =>
  invalid(`The file is larger than ${mostBytes} bytes (PLAYHEAD_REGISTRY_ARTIFACT_BYTES)`);
