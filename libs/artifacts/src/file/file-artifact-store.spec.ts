import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '#kernel';
import { describeArtifactStore } from '../artifact-store.conformance';
import { openArtifactStore } from '../open-artifact-store';
import { FileArtifactStore } from './file-artifact-store';

describeArtifactStore('FileArtifactStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'playhead-file-store-'));
  return {
    store: (namespace) => new FileArtifactStore(directory, namespace),
    tamper: (key, bytes) => writeFile(join(directory, key), bytes),
    close: () => rm(directory, { recursive: true }),
  };
});

describe('FileArtifactStore', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'playhead-file-store-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('leaves one whole file under the digest and nothing beside it', async () => {
    const bytes = Buffer.from('alone');
    const digest = await openArtifactStore({ namespace: 'n', directory }).put(bytes);
    expect(digest).toBe(sha256(bytes));
    expect(await readdir(join(directory, 'n', 'sha256', digest.slice(0, 2)))).toEqual([digest]);
  });

  it('does not list what a crashed writer left', async () => {
    const store = new FileArtifactStore(directory, 'n');
    const digest = await store.put(Buffer.from('whole'));
    await writeFile(join(directory, 'n', 'sha256', digest.slice(0, 2), `${digest}.1234.partial`), 'who');
    const listed: string[] = [];
    for await (const each of store.list()) listed.push(each);
    expect(listed).toEqual([digest]);
  });

  it('is away for now when its folder cannot be written', async () => {
    await writeFile(join(directory, 'occupied'), '');
    const store = new FileArtifactStore(join(directory, 'occupied'), 'n');
    const away = { code: 'PLAYHEAD_ARTIFACT_UNAVAILABLE', disposition: 'retry' };
    await expect(store.put(Buffer.from('x'))).rejects.toMatchObject(away);
    await expect(store.ping()).rejects.toMatchObject(away);
    await expect(store.has(sha256('x'))).rejects.toMatchObject(away);
  });
});

describe('openArtifactStore', () => {
  it('asks for a place when none is given', () => {
    expect(() => openArtifactStore({ namespace: 'n' })).toThrow('directory');
  });
});
