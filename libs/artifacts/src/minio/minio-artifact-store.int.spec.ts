import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { killPart, restartPart, startLocalStack, stopLocalStack } from '#localstack';
import { describeArtifactStore } from '../artifact-store.conformance';
import { MinioArtifactStore, type MinioOptions } from './minio-artifact-store';

// The first start on a machine may build MinIO.
jest.setTimeout(900_000);

let dataDir: string;
let options: MinioOptions;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playhead-minio-'));
  const { s3 } = await startLocalStack({
    dataDir,
    parts: ['s3'],
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  if (s3.kind !== 's3')
    throw new Error('this level needs MinIO, and the local stack has none: put minio or go on PATH');
  options = { ...s3, bucket: `${s3.bucket}-conformance`, silenceMs: 2_000 };
});
afterAll(async () => {
  await stopLocalStack(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const plainClient = (): Client => {
  const { hostname, port } = new URL(options.endpoint);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
  });
};

describeArtifactStore('MinioArtifactStore', () =>
  Promise.resolve({
    store: (namespace) => new MinioArtifactStore(options, namespace),
    tamper: async (key, bytes) => {
      await plainClient().putObject(options.bucket, key, bytes, bytes.length);
    },
  }),
);

describe('MinioArtifactStore', () => {
  it('makes its bucket at the first put, also when two come at once, and finds nothing before', async () => {
    const fresh = { ...options, bucket: 'made-at-first-put' };
    const [one, two] = [new MinioArtifactStore(fresh, 'n'), new MinioArtifactStore(fresh, 'n')];
    const digest = createHash('sha256').update('first').digest('hex');
    expect(await one.has(digest)).toBe(false);
    await expect(one.get(digest)).rejects.toMatchObject({ code: 'PLAYHEAD_ARTIFACT_NOT_FOUND' });
    expect(await Promise.all([one.put(Buffer.from('first')), two.put(Buffer.from('first'))])).toEqual([
      digest,
      digest,
    ]);
    expect((await two.get(digest)).toString()).toBe('first');
  });

  it('leaves what is stored as it is: a second put writes nothing', async () => {
    const store = new MinioArtifactStore(options, 'once');
    const digest = await store.put(Buffer.from('once'), { contentType: 'text/plain' });
    const key = `once/sha256/${digest.slice(0, 2)}/${digest}`;
    const before = await plainClient().statObject(options.bucket, key);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await store.put(Buffer.from('once'), { contentType: 'application/other' });
    const after = await plainClient().statObject(options.bucket, key);
    expect(after.lastModified).toEqual(before.lastModified);
    expect((after.metaData as Record<string, string>)['content-type']).toBe('text/plain');
  });

  it('takes and gives a file of several parts', async () => {
    const store = new MinioArtifactStore(options, 'large');
    const [source, target] = [join(dataDir, 'source'), join(dataDir, 'target')];
    const content = Buffer.alloc(150_000_000, createHash('sha512').update('large').digest());
    await writeFile(source, content);
    const digest = await store.putFile(source);
    expect(digest).toBe(createHash('sha256').update(content).digest('hex'));
    await store.getToFile(digest, target);
    expect((await stat(target)).size).toBe(content.length);
    expect(await store.putFile(source)).toBe(digest);
  });

  it('names what is damaged on the disk of the server, and a put repairs it', async () => {
    const store = new MinioArtifactStore(options, 'rot');
    const content = Buffer.alloc(300_000, 'abc');
    const digest = await store.put(content);
    const files = await readdir(dataDir, { recursive: true });
    const file = join(dataDir, files.find((path) => path.includes(digest) && path.endsWith('part.1'))!);
    const bytes = await readFile(file);
    bytes[5_000]! ^= 1;
    await writeFile(file, bytes);
    const damaged = { code: 'PLAYHEAD_ARTIFACT_CORRUPT', details: { digest } };
    await expect(store.get(digest)).rejects.toMatchObject(damaged);
    await expect(store.getToFile(digest, join(dataDir, 'rot'))).rejects.toMatchObject(damaged);
    await store.put(content);
    expect(await store.get(digest)).toEqual(content);
  });

  it('does not take wrong keys for a missing artifact', async () => {
    const store = new MinioArtifactStore({ ...options, secretKey: 'not the secret key' }, 'n');
    await expect(store.get('0'.repeat(64))).rejects.toMatchObject({ code: 'PLAYHEAD_ARTIFACT_UNAVAILABLE' });
    await expect(store.has('0'.repeat(64))).rejects.toMatchObject({ code: 'PLAYHEAD_ARTIFACT_UNAVAILABLE' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'PLAYHEAD_ARTIFACT_UNAVAILABLE' });
  });

  it('says that a frozen or killed server is away for now, and finds everything again', async () => {
    const store = new MinioArtifactStore(options, 'away');
    const digest = await store.put(Buffer.from('still there'));
    const away = { code: 'PLAYHEAD_ARTIFACT_UNAVAILABLE', disposition: 'retry' };

    await killPart(dataDir, 's3', 'SIGSTOP');
    // A signal takes a moment to stop every thread; a get may still be answered before.
    const getting = async (): Promise<never> => {
      for (;;) await store.get(digest);
    };
    await expect(getting()).rejects.toMatchObject(away);
    await killPart(dataDir, 's3', 'SIGCONT');
    expect((await store.get(digest)).toString()).toBe('still there');

    await killPart(dataDir, 's3');
    await expect(store.get(digest)).rejects.toMatchObject(away);
    await expect(store.put(Buffer.from('later'))).rejects.toMatchObject(away);
    await restartPart(dataDir, 's3');
    expect((await store.get(digest)).toString()).toBe('still there');
    await store.put(Buffer.from('later'));
  });
});
