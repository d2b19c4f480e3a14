import type { ArtifactStore } from '#artifacts';
import { EnvelopeTemplate, SegmentSealed, TOPICS, decodeEvent, qualify } from '#contracts';
import { readTopic, type EventLog, type LogProducer } from '#eventlog';
import { TransientFailure } from '#kernel';
import { SegmentCatalog } from './catalog';
import { cutPartition, goingOf } from './cut';
import { isSealedTopic, repairSegment } from './seal';
import { AT, NAMESPACE, SealedWorld, TOPIC, contentOf } from './segments.testing';
import { verifyPartition } from './verify';

const announcementsOf = async (world: SealedWorld) =>
  (await readTopic(world.log, qualify(NAMESPACE, TOPICS.segments('ingestion')))).map(({ value }) =>
    decodeEvent(SegmentSealed, value),
  );

/** Everything that a sealer does to the world, ended before or behind the k-th step as a killed process is. */
const killedAt = (world: SealedWorld, step: number, behind: boolean) => {
  let steps = 0;
  const dead = new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'killed');
  const through = async <T>(work: () => Promise<T>): Promise<T> => {
    const isLast = ++steps >= step;
    if (isLast && !behind) throw dead;
    const result = await work();
    if (isLast) throw dead;
    return result;
  };
  const { artifacts, log } = world;
  const store = Object.assign(Object.create(artifacts) as ArtifactStore, {
    put: (bytes: Uint8Array) => through(() => artifacts.put(bytes)),
    label: (path: string, digest: string) => through(() => artifacts.label(path, digest)),
  });
  const killedLog = Object.assign(Object.create(log) as EventLog, {
    producer: (): LogProducer => {
      const producer = log.producer();
      return { close: () => producer.close(), send: (records) => through(() => producer.send(records)) };
    },
  });
  return { context: world.context({ artifacts: store, log: killedLog }), steps: () => steps };
};

describe('sealing', () => {
  it('ends segments at multiples of a count, the last one by command where the log ends', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 250);
    expect((await world.seal()).map(({ first, last, count }) => [first, last, count])).toEqual([
      [0, 99, 100],
      [100, 199, 100],
    ]);
    expect(await world.seal()).toEqual([]);
    expect((await world.seal('end')).map(({ first, last }) => [first, last])).toEqual([[200, 249]]);
    await world.append(250, 310);
    expect((await world.seal()).map(({ first, last }) => [first, last])).toEqual([[250, 299]]);
  });

  it('ends a segment sooner where it grows large', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 100);
    const ranges = await world.seal('whole', world.context({ limits: { records: 100, bytes: 4_000 } }));
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges[ranges.length - 1]!.last).toBe(99);
    expect(Math.max(...ranges.map(({ inflatedBytes }) => inflatedBytes))).toBeLessThan(4_300);
  });

  it('killed before or behind any step and begun again gives the same bytes under the same digests, each announced', async () => {
    const clean = await SealedWorld.make();
    await clean.append(0, 230);
    const expected = await clean.seal('end');
    const total = 4 * expected.length;
    for (let step = 1; step <= total; step++) {
      for (const behind of [false, true]) {
        const world = await SealedWorld.make();
        await world.append(0, 230);
        const killed = killedAt(world, step, behind);
        await expect(world.seal('end', killed.context)).rejects.toMatchObject({ disposition: 'retry' });
        expect(killed.steps()).toBe(step);
        await world.seal('end');
        expect([...world.objects.keys()].sort()).toEqual([...clean.objects.keys()].sort());
        const announced = new Map((await announcementsOf(world)).map((range) => [range.manifest, range]));
        expect([...announced.values()]).toEqual(expected);
      }
    }
  });

  it('done by two at once gives the same digests; a fact that stands there twice changes nothing', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 300);
    const [one, two] = await Promise.all([world.seal(), world.seal()]);
    expect(one).toEqual(two);
    const catalog = new SegmentCatalog({ log: world.log, namespace: NAMESPACE });
    await catalog.refresh(TOPIC);
    expect(catalog.of(AT)).toEqual(one);
  });

  it('refuses a hole, naming the offsets, and no marker of a transaction', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 60);
    world.log.appendPassed(AT, 2);
    await world.append(60, 130);
    expect((await world.seal('end')).map(({ count }) => count)).toEqual([98, 32]);
    await world.append(130, 180);
    world.log.spoil(AT, 140, 'lose');
    await expect(world.seal('end')).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_HOLE',
      details: { holes: [{ first: 140, last: 140 }] },
    });
  });

  it('refuses bytes that were changed on the disk, and keeps a foreign batch as it stands', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 10);
    world.log.appendUnreadable(AT, {
      reason: 'CODEC_UNSUPPORTED',
      message: 'zstd',
      raw: Buffer.from('raw'),
      count: 3,
    });
    expect((await world.seal('end')).map(({ last, count }) => [last, count])).toEqual([[12, 10]]);
    world.log.appendUnreadable(AT, {
      reason: 'BATCH_CORRUPT',
      message: 'checksum',
      raw: Buffer.alloc(80),
      count: 1,
    });
    await expect(world.seal('end')).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_CORRUPT',
      details: { offset: 13 },
    });
  });

  it('seals what is derived no further than what it was made of', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 250);
    const vectors = { topic: qualify(NAMESPACE, TOPICS.vectors('v')), partition: 0 };
    await world.log.ensureTopics([
      { name: vectors.topic, partitions: 1 },
      { name: qualify(NAMESPACE, TOPICS.segments('feature')), partitions: 1 },
    ]);
    const template = new EnvelopeTemplate({ type: 't', source: TOPICS.observations('s') });
    const producer = world.log.producer();
    for (let i = 0; i < 240; i++)
      await producer.send([
        {
          ...vectors,
          key: null,
          value: null,
          headers: template.headers(`0-${i}`, '2026-01-01T00:00:00.000Z'),
        },
      ]);
    const lasts = async (upTo: 'whole' | 'end') =>
      (await world.seal(upTo, world.context(), vectors)).map(({ last }) => last);
    expect(await lasts('end')).toEqual([]);
    await world.seal();
    expect(await lasts('whole')).toEqual([99, 199]);
    expect(await lasts('end')).toEqual([]);
    await world.seal('end');
    expect(await lasts('end')).toEqual([239]);
  });

  it('stops where the log ends before what is sealed: it was recreated', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 200);
    await world.seal();
    await world.log.deleteTopics([TOPIC]);
    await world.makeTopics();
    await expect(world.seal()).rejects.toMatchObject({ code: 'PLAYHEAD_LOG_REWRITTEN' });
  });

  it('puts a spoilt segment right while the broker holds its range, and not from other records', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 260);
    const [first, second] = await world.seal();
    for (const digest of [first!.artifact, first!.manifest, second!.artifact]) world.spoil(digest);
    expect((await verifyPartition(world.context(), AT)).faults).toHaveLength(2);
    expect(await repairSegment(world, AT, first!)).toBe(true);
    world.log.spoil(AT, 150, { value: Buffer.from('another') });
    expect(await repairSegment(world, AT, second!)).toBe(false);
    expect((await verifyPartition(world.context(), AT)).faults.map(({ segment }) => segment)).toEqual([
      second!.manifest,
    ]);
    await world.log.deleteRecords(AT, 10);
    expect(await repairSegment(world, AT, first!)).toBe(false);
  });

  it('knows what is sealed', () => {
    const names = [
      'registry.models',
      'ingestion.observations.s',
      'ingestion.dead-letters',
      'feature.vectors.v',
    ];
    expect(names.every(isSealedTopic)).toBe(true);
    expect(['ingestion.inbox.s', 'feature.snapshots', 'feature.segments'].some(isSealedTopic)).toBe(false);
  });
});

describe('cutting', () => {
  it('lets go what is sealed and verified, and never the last record', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 250);
    const whole = await contentOf(world.log, 0, 250);
    expect(await cutPartition(world.context(), AT, {})).toBeUndefined();
    await world.seal();
    expect(await cutPartition(world.context(), AT, {})).toMatchObject({ from: 0, to: 200 });
    expect(await cutPartition(world.context(), AT, {})).toBeUndefined();
    await world.seal('end');
    expect(await cutPartition(world.context(), AT, {})).toMatchObject({ from: 200, to: 249 });
    expect(await world.log.ends(TOPIC)).toEqual([{ partition: 0, start: 249, end: 250 }]);
    expect(await contentOf(world.segmented(), 0, 250)).toEqual(whole);
  });

  it('cuts nothing behind a segment that does not hold, or that is not what the broker holds', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 300);
    const [first, second] = await world.seal();
    const repair = world.spoil(second!.artifact);
    await expect(cutPartition(world.context(), AT, {})).rejects.toMatchObject({
      code: 'PLAYHEAD_SEGMENT_CORRUPT',
      details: { segment: second!.manifest },
    });
    repair();
    world.log.spoil(AT, 42, { value: Buffer.from('another') });
    await expect(cutPartition(world.context(), AT, {})).rejects.toMatchObject({
      details: { kind: 'differs', offset: 42, segment: first!.manifest },
    });
    expect(await world.log.ends(TOPIC)).toEqual([{ partition: 0, start: 0, end: 300 }]);
  });

  it('keeps what is young, and the newest bytes', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 400);
    const ranges = await world.seal();
    const firsts = (keep: Parameters<typeof goingOf>[1], now = world.now): number[] =>
      goingOf(ranges, keep, now).map(({ first }) => first);
    expect(firsts({})).toEqual([0, 100, 200, 300]);
    expect(firsts({ ms: 0 }, ranges[1]!.lastAppended! + 1)).toEqual([0, 100]);
    expect(firsts({ ms: 1_000_000 })).toEqual([]);
    expect(firsts({ bytes: ranges[3]!.inflatedBytes })).toEqual([0, 100, 200]);
    expect(firsts({ bytes: ranges[3]!.inflatedBytes + 1, ms: 0 }, world.now + 1)).toEqual([0, 100]);
  });
});

describe('verifying', () => {
  const reportOf = (world: SealedWorld) => verifyPartition(world.context(), AT);

  it('finds nothing where nothing is wrong, before and after a cut, and compares what is in both', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 260);
    world.log.appendPassed(AT, 1);
    await world.append(260, 330);
    await world.seal();
    expect(await reportOf(world)).toMatchObject({
      segments: 3,
      sealedFrom: 0,
      sealedTo: 300,
      liveTo: 331,
      compared: 299,
      liveRecords: 330,
      faults: [],
    });
    await cutPartition(world.context(), AT, { bytes: 1 });
    expect(await reportOf(world)).toMatchObject({
      liveFrom: 200,
      sealedRecords: 299,
      compared: 99,
      faults: [],
    });
  });

  it('names a changed byte in a segment, its manifest, a record that differs, one that is lost, a broken batch and a range that nobody holds', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 400);
    const ranges = await world.seal();
    const found = async () =>
      (await reportOf(world)).faults.map(({ kind, offset, segment }) => [kind, offset, segment]);

    let repair = world.spoil(ranges[1]!.artifact);
    expect(await found()).toEqual([['segment', 100, ranges[1]!.manifest]]);
    repair();
    repair = world.spoil(ranges[2]!.manifest);
    expect(await found()).toEqual([['segment', 200, ranges[2]!.manifest]]);
    repair();
    await world.append(400, 420);
    world.log.spoil(AT, 17, { key: Buffer.from('other') });
    world.log.spoil(AT, 133, 'lose');
    world.log.spoil(AT, 410, 'lose');
    world.log.appendUnreadable(AT, {
      reason: 'BATCH_CORRUPT',
      message: 'checksum',
      raw: Buffer.alloc(80),
      count: 2,
    });
    expect(await found()).toEqual([
      ['differs', 17, ranges[0]!.manifest],
      ['missing', 133, null],
      ['missing', 410, null],
      ['batch', 420, null],
    ]);
    await world.log.deleteRecords(AT, 405);
    expect(await found()).toEqual([
      ['chain', 400, null],
      ['missing', 410, null],
      ['batch', 420, null],
    ]);
  });
});
