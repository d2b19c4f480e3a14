import {
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  HEADERS,
  RevisionWarmed,
  TOPICS,
  controlPositionOf,
  decodeEvent,
  sourcePositionOf,
  type EventContract,
} from '#contracts';
import type { EventLog, FollowedTopic, LogProducer, LogRecord, MemoryLog } from '#eventlog';
import type { ServiceRevision, Services } from '#folds';
import { PlatformError } from '#kernel';
import { ServiceWorld } from '#testing';
import { featureFleet, followServices, type FeatureParts } from './feature.topology';
import { OBSERVATIONS, PARTITIONS, VECTORS, fromZero, revisionOf } from './revisions.testing';

type Death = 'before the append' | 'in the middle of it' | 'after it';

/** The log as a process sees it that dies at its nth send: nothing that it does afterwards reaches the log, commits included. */
class MortalLog {
  private sends = 0;
  readonly view: EventLog;

  constructor(log: MemoryLog, dieAt = Infinity, death: Death = 'after it') {
    const dying = (): never => {
      throw new PlatformError('PLAYHEAD_LOG_OWNERSHIP_LOST', 'halt', 'the process died');
    };
    const view = Object.create(log) as MemoryLog;
    view.producer = (): LogProducer => {
      const inner = log.producer();
      return {
        send: async (records) => {
          if (++this.sends < dieAt) return inner.send(records);
          if (this.sends === dieAt && death !== 'before the append')
            await inner.send(
              death === 'after it' ? records : records.slice(0, Math.ceil(records.length / 2)),
            );
          return dying();
        },
        close: () => inner.close(),
      };
    };
    view.join = async (options) => {
      const membership = await log.join(options);
      return {
        leave: () => membership.leave(),
        commit: (offsets) => (this.sends >= dieAt ? dying() : membership.commit(offsets)),
      };
    };
    this.view = view;
    this.isDead = () => this.sends >= dieAt;
  }

  readonly isDead: () => boolean;
}

interface Vector {
  readonly record: LogRecord;
  readonly partition: number;
  readonly source: number;
  readonly control: number;
  readonly text: string;
  readonly revisions: readonly string[];
}

class RevisionsWorld extends ServiceWorld {
  readonly revisions: ServiceRevision[] = [];
  services!: FollowedTopic<Services>;
  deaths = 0;
  private paid = 0;
  private mortal = new MortalLog(this.log);

  static async make(): Promise<RevisionsWorld> {
    const world = new RevisionsWorld('feature');
    await world.topics(1, TOPICS.definitions);
    await world.topics(PARTITIONS, OBSERVATIONS);
    await world.apply('1h');
    return world;
  }

  async apply(window: string): Promise<void> {
    const made = revisionOf(String(this.revisions.length + 1), window);
    this.revisions.push(made);
    const { revision, digest, compiled } = made;
    await this.fact(TOPICS.definitions, DefinitionApplied, {
      kind: 'FeatureService',
      name: 'spend',
      revision,
      digest,
      spec: {},
      compiled: compiled as unknown as Record<string, unknown>,
      applied_by: 'test',
    });
  }

  /** What the registry decides; gives its position. */
  async say(contract: typeof DefinitionActivated | typeof DefinitionRetired, n: number): Promise<number> {
    const { revision, digest } = this.revisions[n - 1]!;
    const fact = { kind: 'FeatureService' as const, name: 'spend', revision, digest };
    await this.fact(TOPICS.definitions, contract as EventContract, fact);
    return (await this.records(TOPICS.definitions)).length - 1;
  }

  begin(dieAt?: number, death?: Death): Promise<void> {
    this.mortal = new MortalLog(this.log, dieAt, death);
    this.failures.length = 0;
    Object.assign(this.ports, { log: this.mortal.view });
    return this.start((serviceLog) => {
      this.services = followServices(serviceLog);
      const parts: FeatureParts = {
        ...this.ports,
        namespace: this.namespace,
        serviceLog,
        control: this.services,
        transport: this.transport,
      };
      return [featureFleet(parts)];
    });
  }

  /** Waits, and takes the place of a process that died meanwhile. */
  async come(what: string, holds: () => Promise<boolean>): Promise<void> {
    const dead = (): boolean => this.mortal.isDead();
    await this.until(what, async () => dead() || (await holds())).catch((error: unknown) => {
      if (!dead()) throw error;
    });
    if (!dead()) return;
    this.deaths++;
    await this.stop().catch(() => undefined);
    await this.begin();
    await this.until(what, holds);
  }

  /** Payments of few customers, mostly in order of time, some late; every seventh record is no payment at all. */
  async pay(count: number): Promise<void> {
    for (let i = 0; i < count; i++, this.paid++) {
      const n = this.paid;
      const partition = n % PARTITIONS;
      const time = new Date(
        Date.parse('2026-01-01T00:00:00.000Z') + n * 60_000 - (n % 5 === 0 ? 900_000 : 0),
      );
      const value = {
        id: `p${n}`,
        at: time.toISOString(),
        customer: `C${partition}${n % 3}`,
        amount: ((n * 37) % 1_000) / 100,
      };
      await this.raw(
        OBSERVATIONS,
        n % 7 === 6 ? Buffer.from('nonsense') : Buffer.from(JSON.stringify(value)),
        { partition, key: value.customer, id: `${partition}-${n}`, time: value.at },
      );
    }
  }

  get good(): number {
    return Array.from({ length: this.paid }, (_, n) => n).filter((n) => n % 7 !== 6).length;
  }

  /** As a reader that keeps law L3 sees them. */
  async vectors(): Promise<Vector[]> {
    const newest = new Map<number, number>();
    if ((await this.log.partitionCount(this.topic(VECTORS))) === undefined) return [];
    return (await this.records(VECTORS)).flatMap((record) => {
      const { partition, headers } = record;
      const source = sourcePositionOf(headers)!.offset;
      if (source <= (newest.get(partition) ?? -1)) return [];
      newest.set(partition, source);
      const text = String(record.value);
      const { values } = JSON.parse(text) as { values: Record<string, unknown> };
      const control = controlPositionOf(headers)!;
      return [{ record, partition, source, control, text, revisions: Object.keys(values) }];
    });
  }

  allDone(): Promise<void> {
    return this.come('every vector', async () => (await this.vectors()).length === this.good);
  }

  async reports(n: number): Promise<number[]> {
    if ((await this.log.partitionCount(this.topic(TOPICS.revisions))) === undefined) return [];
    const facts = (await this.records(TOPICS.revisions)).map(({ value }) =>
      decodeEvent(RevisionWarmed, value),
    );
    const { revision, digest } = this.revisions[n - 1]!;
    expect(facts.every(({ service, places }) => service === 'spend' && places === PARTITIONS)).toBe(true);
    return [
      ...new Set(
        facts
          .filter((fact) => fact.revision === revision && fact.digest === digest)
          .map(({ partition }) => partition),
      ),
    ].sort();
  }

  warm(n: number): Promise<void> {
    return this.come(`revision ${n} to be warm`, async () => (await this.reports(n)).length === PARTITIONS);
  }

  /** Every vector as a fold of all payments from zero gives it, with the revisions that its control position names. */
  async expectVectors(
    activations: Readonly<Record<number, number>>,
    retirements: Readonly<Record<number, number>> = {},
  ): Promise<void> {
    const vectors = await this.vectors();
    expect(vectors).toHaveLength(this.good);
    const observations = await this.records(OBSERVATIONS);
    const folds = new Map<string, Map<string, string>>();
    for (const { partition, source, control, text, revisions, record } of vectors) {
      const carried = this.revisions.filter(
        (_, i) =>
          (i === 0 || control >= (activations[i + 1] ?? Infinity)) &&
          control < (retirements[i + 1] ?? Infinity),
      );
      expect(revisions).toEqual(carried.map(({ revision }) => revision));
      expect(record.headers.text(HEADERS.definition)).toBe(
        carried.map(({ revision, digest }) => `${revision}=${digest}`).join(','),
      );
      const names = revisions.join();
      let texts = folds.get(names);
      if (!texts) folds.set(names, (texts = fromZero(carried, observations)));
      expect(text).toBe(texts.get(`${partition}-${source}`));
    }
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const controls = vectors
        .filter((vector) => vector.partition === partition)
        .map(({ control }) => control);
      expect(controls).toEqual([...controls].sort((a, b) => a - b));
    }
  }
}

describe('a new revision of a feature service', () => {
  let world: RevisionsWorld;
  beforeEach(async () => {
    world = await RevisionsWorld.make();
  });
  afterEach(() => world.stop());

  it('is warmed up under load, and carried with all its past from one control position on', async () => {
    await world.pay(300);
    await world.begin();
    await world.allDone();
    await world.apply('3h');
    let warm = false;
    const load = (async () => {
      for (let round = 0; !warm && round < 200; round++) {
        await world.pay(5);
        await world.ports.sleep(1);
      }
    })();
    await world.warm(2);
    warm = true;
    await load;
    await world.pay(50);
    await world.allDone();
    expect(new Set((await world.vectors()).flatMap(({ revisions }) => revisions))).toEqual(new Set(['1']));
    const activated = await world.say(DefinitionActivated, 2);
    await world.pay(50);
    await world.allDone();
    await world.until('the activation', () => Promise.resolve(world.services.position >= activated));
    await world.pay(50);
    await world.allDone();
    await world.expectVectors({ 2: activated });
    expect((await world.vectors()).at(-1)!.revisions).toEqual(['1', '2']);
  });

  it('comes through restarts between any two steps', async () => {
    const restart = async (): Promise<void> => {
      await world.stop();
      await world.pay(20);
      await world.begin();
      await world.allDone();
    };
    await world.pay(100);
    await world.begin();
    await world.allDone();
    await restart();
    await world.apply('3h');
    await restart();
    await world.warm(2);
    await restart();
    const activated = await world.say(DefinitionActivated, 2);
    await restart();
    await restart();
    const retired = await world.say(DefinitionRetired, 1);
    await restart();
    await world.expectVectors({ 2: activated }, { 1: retired });
    expect((await world.vectors()).at(-1)!.revisions).toEqual(['2']);
  });

  it('that computes what an earlier one did is warm at once, shares its state, and folds each event once', async () => {
    await world.pay(100);
    await world.begin();
    await world.allDone();
    await world.apply('3h');
    await world.apply('1h');
    await world.until('both to be known', () => Promise.resolve(world.services.position === 2));
    expect(world.revisions[2]!.digest).toBe(world.revisions[0]!.digest);
    const second = await world.say(DefinitionActivated, 3);
    await world.until('the activation', () => Promise.resolve(world.services.position >= second));
    await world.pay(20);
    await world.allDone();
    await world.expectVectors({ 3: second });
    expect((await world.vectors()).at(-1)!.revisions).toEqual(['1', '3']);
  });

  const deaths = (['before the append', 'in the middle of it', 'after it'] as const).flatMap((death) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((dieAt) => [dieAt, death] as const),
  );
  it.each(deaths)('comes through a death at send %i, %s', async (dieAt, death) => {
    await world.pay(60);
    await world.begin(dieAt, death);
    await world.allDone();
    await world.apply('3h');
    await world.pay(20);
    await world.warm(2);
    const activated = await world.say(DefinitionActivated, 2);
    for (let round = 0; round < 4; round++) {
      await world.pay(10);
      await world.allDone();
    }
    await world.until('the activation', () => Promise.resolve(world.services.position >= activated));
    await world.pay(10);
    await world.allDone();
    const retired = await world.say(DefinitionRetired, 1);
    await world.until('the retirement', () => Promise.resolve(world.services.position >= retired));
    await world.pay(10);
    await world.allDone();
    await world.expectVectors({ 2: activated }, { 1: retired });
    expect([world.deaths, (await world.vectors()).at(-1)!.revisions]).toEqual([1, ['2']]);
  });
});
