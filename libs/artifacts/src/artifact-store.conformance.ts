import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '#kernel';
import type { ArtifactStore } from './port';

/** One place where artifacts lie, as the suite needs it: stores for several namespaces, and a hand that spoils stored bytes. */
export interface ArtifactPlace {
  store(namespace: string): ArtifactStore;
  /** Replaces the stored object at `<namespace>/sha256/ab/<digest>` behind the store's back. */
  tamper(key: string, bytes: Buffer): Promise<void>;
  close?(): Promise<void>;
}

const bytesOf = (length: number, seed: string): Buffer => {
  const block = createHash('sha512').update(seed).digest();
  return Buffer.alloc(length, block);
};

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

/** What every adapter of `ArtifactStore` must do. */
export const describeArtifactStore = (adapter: string, openPlace: () => Promise<ArtifactPlace>): void => {
  describe(`${adapter} keeps the promises of an artifact store`, () => {
    let place: ArtifactPlace;
    let folder: string;
    let run = 0;
    let namespace: string;
    let store: ArtifactStore;
    const keyOf = (digest: string) => `${namespace}/sha256/${digest.slice(0, 2)}/${digest}`;

    beforeAll(async () => {
      place = await openPlace();
      folder = await mkdtemp(join(tmpdir(), 'playhead-artifacts-'));
    });
    afterAll(async () => {
      await place.close?.();
      await rm(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      namespace = `conformance-${process.pid}-${run++}`;
      store = place.store(namespace);
    });

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it.each([0, 1, 1000, 3_000_000])('gives %i bytes back under their SHA-256', async (length) => {
      const bytes = bytesOf(length, 'round trip');
      const digest = await store.put(bytes, { contentType: 'application/x-test' });
      expect(digest).toBe(sha256(bytes));
      expect((await store.get(digest)).equals(bytes)).toBe(true);
      expect(await store.has(digest)).toBe(true);
    });

    it('stores a view of a larger buffer as the view alone', async () => {
      const view = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
      const digest = await store.put(view);
      expect([...(await store.get(digest))]).toEqual([1, 2, 3]);
    });

    it('keeps what it was given, whatever becomes of the buffers', async () => {
      const bytes = Buffer.from('as it was');
      const digest = await store.put(bytes);
      bytes.fill(0);
      (await store.get(digest)).fill(0);
      expect((await store.get(digest)).toString()).toBe('as it was');
    });

    it('takes the same bytes again, also at the same moment', async () => {
      const bytes = bytesOf(10_000, 'again');
      const digests = await Promise.all([store.put(bytes), store.put(bytes), store.put(bytes)]);
      expect(new Set([...digests, await store.put(bytes)])).toEqual(new Set([sha256(bytes)]));
      expect((await store.get(digests[0])).equals(bytes)).toBe(true);
      expect(await collect(store.list())).toEqual([digests[0]]);
    });

    it('says that an artifact is not there', async () => {
      const digest = sha256('never stored');
      expect(await store.has(digest)).toBe(false);
      await expect(store.get(digest)).rejects.toMatchObject({
        code: 'PLAYHEAD_ARTIFACT_NOT_FOUND',
        details: { digest },
      });
      const target = join(folder, 'absent');
      await expect(store.getToFile(digest, target)).rejects.toMatchObject({
        code: 'PLAYHEAD_ARTIFACT_NOT_FOUND',
      });
    });

    it('refuses what is not a digest', async () => {
      for (const wrong of ['', '../../etc/passwd', 'AB'.repeat(32), 'ab'.repeat(31)]) {
        await expect((async () => store.get(wrong))()).rejects.toMatchObject({
          code: 'PLAYHEAD_REQUEST_INVALID',
        });
      }
    });

    it.each([
      ['other', Buffer.from('the bytes as THEY were stored')],
      ['shortened', Buffer.from('the bytes')],
      ['no', Buffer.alloc(0)],
    ])('gives an error rather than %s bytes, naming digest and location', async (_, spoilt) => {
      const digest = await store.put(Buffer.from('the bytes as they were stored'));
      await place.tamper(keyOf(digest), spoilt);
      const failure = {
        code: 'PLAYHEAD_ARTIFACT_CORRUPT',
        disposition: 'halt',
        details: {
          digest,
          actual: sha256(spoilt),
          location: expect.stringContaining(keyOf(digest)) as string,
        },
      };
      await expect(store.get(digest)).rejects.toMatchObject(failure);
      const target = join(folder, `corrupt-${digest}`);
      await expect(store.getToFile(digest, target)).rejects.toMatchObject(failure);
      expect((await readdir(folder)).filter((name) => name.startsWith('corrupt-'))).toEqual([]);
    });

    it('repairs spoilt bytes by a put', async () => {
      const bytes = Buffer.from('good bytes');
      const digest = await store.put(bytes);
      await place.tamper(keyOf(digest), Buffer.from('bad bytes!'));
      await store.put(bytes);
      expect((await store.get(digest)).toString()).toBe('good bytes');
    });

    it('keeps namespaces apart', async () => {
      const digest = await store.put(Buffer.from('ours'));
      const other = place.store(`${namespace}-other`);
      expect(await other.has(digest)).toBe(false);
      expect(await collect(other.list())).toEqual([]);
      await expect(other.get(digest)).rejects.toMatchObject({ code: 'PLAYHEAD_ARTIFACT_NOT_FOUND' });
    });

    it('refuses a namespace that would leave its folder', () => {
      for (const wrong of ['', '..', 'a/b', '.hidden']) expect(() => place.store(wrong)).toThrow('namespace');
    });

    it('lists digests in order, by prefix', async () => {
      const digests: string[] = [];
      for (let i = 0; i < 12; i++) digests.push(await store.put(Buffer.from(`item ${i}`)));
      digests.sort();
      expect(await collect(store.list())).toEqual(digests);
      for (const prefix of [
        digests[3]!.slice(0, 1),
        digests[3]!.slice(0, 2),
        digests[3]!.slice(0, 9),
        digests[3]!,
      ]) {
        expect(await collect(store.list(prefix))).toEqual(
          digests.filter((digest) => digest.startsWith(prefix)),
        );
      }
      await expect(collect(store.list('no hex'))).rejects.toMatchObject({ code: 'PLAYHEAD_REQUEST_INVALID' });
    });

    it('finds labels by folder, in order, again after a second label, and apart from artifacts', async () => {
      const [one, two] = [await store.put(Buffer.from('one')), await store.put(Buffer.from('two'))];
      await store.label('segments/a.b/0/000', one);
      await store.label('segments/a.b/10/000', two);
      await store.label('segments/a.b/0/000', two);
      await store.label('segments/a.b/0/000', one);
      await store.label('segments/a/0/000', one);
      await store.label('other', two);
      const both = [one, two].sort();
      expect(await collect(store.labelled('segments/a.b'))).toEqual([
        ...both.map((digest) => ({ path: 'segments/a.b/0/000', digest })),
        { path: 'segments/a.b/10/000', digest: two },
      ]);
      expect((await collect(store.labelled())).map(({ path }) => path)).toEqual([
        'other',
        'segments/a.b/0/000',
        'segments/a.b/0/000',
        'segments/a.b/10/000',
        'segments/a/0/000',
      ]);
      expect(await collect(place.store(`${namespace}-other`).labelled())).toEqual([]);
      expect(await collect(store.labelled('nothing/here'))).toEqual([]);
      expect(await collect(store.list())).toEqual(both);
      for (const wrong of ['../up', '/root', 'a//b', 'a b'])
        await expect((async () => store.label(wrong, one))()).rejects.toMatchObject({
          code: 'PLAYHEAD_REQUEST_INVALID',
        });
    });

    it('takes a file and gives one back', async () => {
      const content = bytesOf(5_000_000, 'file');
      const source = join(folder, 'source');
      const target = join(folder, 'target');
      await writeFile(source, content);
      const digest = await store.putFile(source);
      expect(digest).toBe(sha256(content));
      expect(await store.putFile(source)).toBe(digest);
      await store.getToFile(digest, target);
      expect((await readFile(target)).equals(content)).toBe(true);
      await place.tamper(keyOf(digest), Buffer.from('spoilt'));
      expect(await store.putFile(source)).toBe(digest);
      expect((await store.get(digest)).equals(content)).toBe(true);
    });
  });
};
