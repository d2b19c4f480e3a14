import { SegmentSealed, TOPICS, decodeEvent } from '#contracts';
import { readTopic, type NewRecord } from '#eventlog';
import { openSegmentedLog } from '#segments';
import { ServiceWorld } from '#testing';
import { Sealer, type SealingConfig } from './sealer';

const NAME = TOPICS.observations('s');
const HOUR = 3_600_000;

const append = async (world: ServiceWorld, from: number, to: number, name = NAME): Promise<void> => {
  const producer = world.log.producer();
  const records = Array.from({ length: to - from }, (_, i): NewRecord => {
    const value = Buffer.from(`{"i":${from + i}}`);
    return { topic: world.topic(name), partition: 0, key: null, value, headers: [] };
  });
  await producer.send(records);
  await producer.close();
};

const sealerOf = (world: ServiceWorld, sealing: Partial<SealingConfig> = {}): Sealer =>
  new Sealer({
    service: 'ingestion',
    namespace: world.namespace,
    sealing: { records: 100, ageMs: HOUR, ...sealing },
    ports: world.ports,
    everyMs: 5,
  });

const sealed = async (world: ServiceWorld) => {
  const topic = TOPICS.segments('ingestion');
  if ((await world.log.partitionCount(world.topic(topic))) === undefined) return [];
  return (await world.records(topic)).map(({ value }) => decodeEvent(SegmentSealed, value));
};

const start = (): Promise<ServiceWorld> => {
  const world = new ServiceWorld('ingestion');
  return world
    .topics(1, NAME, TOPICS.inbox('s'), TOPICS.snapshots('ingestion'), 'feature.vectors.v')
    .then(() => world);
};

describe('the sealer of a service', () => {
  it('seals the facts of its own service, and neither inbox nor snapshots nor what others own', async () => {
    const world = await start();
    for (const name of [NAME, TOPICS.inbox('s'), TOPICS.snapshots('ingestion'), 'feature.vectors.v'])
      await append(world, 0, 250, name);
    const sealer = sealerOf(world);
    await sealer.start();
    await world.until('two segments', async () => (await sealed(world)).length === 2);
    await append(world, 250, 310);
    await world.until('three segments', async () => (await sealed(world)).length === 3);
    await sealer.stop();
    expect((await sealed(world)).map(({ topic, first, last }) => [topic, first, last])).toEqual([
      [NAME, 0, 99],
      [NAME, 100, 199],
      [NAME, 200, 299],
    ]);
  });

  it('seals by age what is not a whole segment', async () => {
    const world = await start();
    await append(world, 0, 30);
    const sealer = sealerOf(world);
    await sealer.start();
    await world.until('it seals', () => Promise.resolve(sealer.status().seals === true));
    expect(await sealed(world)).toEqual([]);
    world.clock.advance(HOUR + 1);
    await world.until('the segment', async () => (await sealed(world)).length === 1);
    await sealer.stop();
    expect((await sealed(world))[0]).toMatchObject({ first: 0, last: 29 });
  });

  it('is one of several, and another goes on when it leaves', async () => {
    const world = await start();
    const [one, two] = [sealerOf(world), sealerOf(world)];
    await one.start();
    await world.until('one seals', () => Promise.resolve(one.status().seals === true));
    await two.start();
    await append(world, 0, 100);
    await world.until('a segment', async () => (await sealed(world)).length === 1);
    expect([one, two].filter((sealer) => sealer.status().seals === true)).toHaveLength(1);
    await one.stop();
    await append(world, 100, 200);
    await world.until('another segment', async () => (await sealed(world)).length === 2);
    await two.stop();
  });

  it('cuts where it is told to, and everything is read as before', async () => {
    const world = await start();
    await append(world, 0, 250);
    const before = (await readTopic(world.log, world.topic(NAME))).map(({ value }) => String(value));
    world.clock.advance(10);
    const sealer = sealerOf(world, { keep: { ms: 5 } });
    await sealer.start();
    await world.until('the cut', async () => (await world.log.ends(world.topic(NAME)))[0]!.start === 200);
    await sealer.stop();
    const log = openSegmentedLog(world);
    expect((await readTopic(log, world.topic(NAME))).map(({ value }) => String(value))).toEqual(before);
  });

  it('says once what it cannot seal, and seals the rest', async () => {
    const world = await start();
    const other = TOPICS.observations('other');
    await world.topics(1, other);
    await append(world, 0, 100);
    await append(world, 0, 100, other);
    world.log.spoil({ topic: world.topic(NAME), partition: 0 }, 40, 'lose');
    const sealer = sealerOf(world);
    await sealer.start();
    await world.until('the other one', async () => (await sealed(world)).length === 1);
    await world.until('the fault', () =>
      Promise.resolve(JSON.stringify(sealer.status()).includes('lacks offsets 40')),
    );
    await sealer.stop();
    expect((await sealed(world)).map(({ topic }) => topic)).toEqual([other]);
  });
});
