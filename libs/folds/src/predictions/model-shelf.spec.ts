import { MemoryArtifactStore } from '#artifacts';
import { openInline, type OpenModel } from '#inference';
import { Refused, TransientFailure } from '#kernel';
import { trainerOf } from '#learn';
import { ModelShelf, type ShelfOptions } from './model-shelf';

/** A model that answers `slope` times its feature. */
const modelBytes = (slope: number): Uint8Array => {
  const column = Float64Array.of(0, 1, 2, 3, 4, 5);
  return trainerOf('linear')
    .fit(
      { featureNames: ['a'], columns: [column], labels: column.map((value) => slope * value) },
      { l2: 0 },
      { task: 'regression', seed: 0 },
    )
    .toOnnx();
};

const MIB = 2 ** 20;
const features = ['a'];

describe('ModelShelf', () => {
  const artifacts = new MemoryArtifactStore('shelf');
  const routes: { artifact: string; features: string[] }[] = [];
  let opened: string[];
  let shelf: ModelShelf;
  /** Each model is taken for one MiB. */
  const open: OpenModel = async (bytes, options) => {
    const model = await openInline(bytes, options);
    opened.push(model.digest);
    return Object.assign(model, { memoryBytes: MIB });
  };
  const begin = (options: Partial<ShelfOptions> = {}): ModelShelf =>
    (shelf = new ModelShelf({ artifacts, open, ...options }));
  const answerOf = async (k: number): Promise<number> =>
    (await (await shelf.get(routes[k]!)).score(Float32Array.of(10)))[0]!;
  const inMemory = (): number[] =>
    shelf.loaded().map((artifact) => routes.findIndex((route) => route.artifact === artifact)).sort((a, b) => a - b); // prettier-ignore

  beforeAll(async () => {
    for (let k = 0; k < 12; k++) routes.push({ artifact: await artifacts.put(modelBytes(k)), features });
  });
  beforeEach(() => {
    opened = [];
  });
  afterEach(() => shelf.close());

  it('opens a file once, whoever asks for it at the same time', async () => {
    begin();
    await Promise.all([
      shelf.ready('d', [routes[1]!, routes[2]!]),
      answerOf(1),
      answerOf(1),
      shelf.ready('e', [routes[1]!]),
    ]);
    expect(opened).toHaveLength(2);
    expect(await answerOf(2)).toBeCloseTo(20, 3);
    expect(shelf.status()).toEqual([
      { artifact: routes[1]!.artifact, place: 'inline', cost: undefined, memoryBytes: MIB, needed: true },
      { artifact: routes[2]!.artifact, place: 'inline', cost: undefined, memoryBytes: MIB, needed: true },
    ]);
  });

  it('keeps what routes need and two of what they needed before', async () => {
    begin();
    for (let k = 0; k < 8; k++) await shelf.ready('d', [routes[k]!]);
    expect(inMemory()).toEqual([5, 6, 7]);
  });

  it('lets those go that were used the longest ago when there is no room, never those that routes need', async () => {
    begin({ memoryBytes: 4 * MIB });
    await shelf.ready('d', [routes[0]!, routes[1]!]);
    for (const k of [2, 3, 2, 4]) await answerOf(k);
    expect(inMemory()).toEqual([0, 1, 2, 4]);
    await answerOf(5);
    expect(inMemory()).toEqual([0, 1, 4, 5]);
    await shelf.ready('d', [routes[0]!, routes[1]!, routes[6]!, routes[7]!, routes[8]!]);
    expect(inMemory()).toEqual([0, 1, 6, 7, 8]);
  });

  it('gives scores to whoever still holds a model that left memory', async () => {
    begin({ memoryBytes: MIB });
    const held = await shelf.get(routes[3]!);
    const scores = [held.score(Float32Array.of(10))];
    await answerOf(4);
    await answerOf(5);
    expect(inMemory()).toEqual([5]);
    scores.push(held.score(Float32Array.of(10)), held.score(Float32Array.of(10)));
    for (const [score] of await Promise.all(scores)) expect(score).toBeCloseTo(30, 3);
    expect(opened).toHaveLength(4);
    expect(await shelf.get(routes[3]!)).toBe(held);
  });

  it('does not let one go that is being scored', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slowly: OpenModel = async (bytes, options) => {
      const model = await open(bytes, options);
      const score = model.score.bind(model);
      return Object.assign(model, { score: (rows: Float32Array) => gate.then(() => score(rows)) });
    };
    begin({ memoryBytes: MIB, open: slowly });
    const answer = answerOf(3);
    while (opened.length === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    await shelf.get(routes[4]!);
    expect(inMemory()).toEqual([3, 4]);
    release();
    expect(await answer).toBeCloseTo(30, 3);
    await shelf.get(routes[5]!);
    expect(inMemory()).toEqual([5]);
  });

  it('keeps the old version when the new one cannot be opened, and does not try it for each vector', async () => {
    let tries = 0;
    const refusing: OpenModel = (bytes, options) =>
      Buffer.from(bytes).equals(modelBytes(9))
        ? (tries++, Promise.reject(new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', 'poison')))
        : open(bytes, options);
    begin({ open: refusing, spare: 0 });
    await shelf.ready('d', [routes[1]!]);
    for (let k = 0; k < 5; k++)
      await expect(shelf.ready('d', [routes[9]!, routes[2]!])).rejects.toMatchObject({
        code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
      });
    expect(tries).toBe(1);
    expect(inMemory()).toContain(1);
    expect(await answerOf(1)).toBeCloseTo(10, 3);
    expect(opened.filter((digest) => digest === routes[1]!.artifact)).toHaveLength(1);
  });

  it('tries again at once while the store is away', async () => {
    let isAway = true;
    const get = (digest: string) =>
      isAway
        ? Promise.reject(new TransientFailure('PLAYHEAD_ARTIFACT_UNAVAILABLE', 'away'))
        : artifacts.get(digest);
    begin({ artifacts: { get } });
    await expect(shelf.ready('d', [routes[1]!])).rejects.toMatchObject({ disposition: 'retry' });
    isAway = false;
    await shelf.ready('d', [routes[1]!]);
    expect(await answerOf(1)).toBeCloseTo(10, 3);
  });
});
