import { EnvelopeTemplate, HEADERS, SnapshotTaken, decodeEvent } from '#contracts';
import { ContractViolation, MovableClock, TransientFailure, formatPosition, sha256 } from '#kernel';
import { settle } from '#testing';
import { checksumOf } from '../checksum';
import { createMemoryLog } from '../memory';
import { readTopic } from '../read';
import { FollowedTopic } from './followed-topic';
import type { Fold, Section } from './fold';
import { perRecord, perSectionRecord } from './per-record';
import { FoldRunner } from './runner';
import { Snapshots } from './snapshots';

const SOURCE = 'a.numbers';
const SUMS = 'b.sums';
const CONTROL = 'a.factors';
const full = (name: string): string => `t.${name}`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Factors by which numbers are summed: those whose sums are given out, and those that will be. */
interface Factors {
  readonly carried: readonly number[];
  readonly warming: readonly number[];
}

interface Sum {
  total: number;
}

const numberOf = (value: Buffer | null): number => {
  const n = Number(value!.toString());
  if (Number.isNaN(n)) throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'not a number');
  return n;
};

const sumBy = (factor: number, folded: (factor: number) => void): Section<Sum> => ({
  definition: `times ${factor}`,
  initial: () => ({ total: 0 }),
  fold: perSectionRecord((sum, { value }) => {
    sum.total += numberOf(value) * factor;
    folded(factor);
    if (factor === 13) throw new Error('unlucky');
  }),
  encode: ({ total }) => Promise.resolve(Buffer.from(String(total))),
  decode: (bytes) => {
    if (bytes.length > 40) throw new Error('too many digits');
    return { total: Number(Buffer.from(bytes).toString()) };
  },
});

const template = new EnvelopeTemplate({ type: 'b.sum.changed', source: SOURCE });

class World {
  readonly clock = new MovableClock(1_000);
  readonly log = createMemoryLog({ now: () => this.clock.now() });
  readonly stored = new Map<string, Buffer>();
  uploads = 0;
  upload: Promise<void> = Promise.resolve();
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly warm: string[] = [];
  readonly taken: string[] = [];
  /** How often a section folded a record outside of `process`, by factor. */
  readonly silently = new Map<number, number>();
  control!: FollowedTopic<Factors>;
  private running: (() => Promise<void>)[] = [];

  static async make(): Promise<World> {
    const world = new World();
    await world.log.ensureTopics([
      ...[SOURCE, SUMS].map((name) => ({ name: full(name), partitions: 1 })),
      ...['b.dead-letters', 'b.snapshots', CONTROL].map((name) => ({ name: full(name), partitions: 1 })),
    ]);
    return world;
  }

  private fold(): Fold<Map<string, unknown>, Factors> {
    const made = new Map<number, Section<Sum>>();
    const sectionOf = (factor: number): Section<Sum> => {
      let section = made.get(factor);
      if (!section) {
        section = sumBy(factor, (by) => void this.silently.set(by, (this.silently.get(by) ?? 0) + 1));
        made.set(factor, section);
      }
      return section;
    };
    return {
      name: 'sums',
      initial: () => new Map(),
      total: true,
      dropSeen: true,
      restore: {
        from: 'sections',
        of: ({ carried, warming }) => ({
          carried: carried.map(sectionOf),
          warming: warming.map(sectionOf),
        }),
        parts: (state) => state,
      },
      process: perRecord((parts, record, round) => {
        const n = numberOf(record.value);
        const sums = round.control.carried.map((factor) => {
          const sum = parts.get(`times ${factor}`) as Sum;
          return `${factor}:${(sum.total += n * factor)}`;
        });
        const id = formatPosition(record.partition, record.offset);
        round.emit({
          topic: full(SUMS),
          partition: record.partition,
          key: null,
          value: sums.join(' '),
          headers: template.headers(id, '2026-01-01T00:00:00.000Z', round.controlHeader, [
            HEADERS.sourceCrc,
            checksumOf(record.value),
          ]),
          source: record.offset,
          k: 0,
        });
      }),
    };
  }

  async start(snapshotEvery = 1_000_000): Promise<FoldRunner<Map<string, unknown>, Factors>> {
    this.control = new FollowedTopic<Factors>({
      log: this.log,
      topic: full(CONTROL),
      initial: { carried: [1], warming: [] },
      evolve: (_, record) => JSON.parse(record.value!.toString()) as Factors,
      sleep,
    });
    const snapshots = new Snapshots({
      service: 'b',
      namespace: 't',
      log: this.log,
      topic: full('b.snapshots'),
      store: {
        put: (bytes) => {
          const digest = sha256(bytes);
          this.stored.set(digest, Buffer.from(bytes));
          this.uploads++;
          return this.upload.then(() => digest);
        },
        get: (digest) => {
          const bytes = this.stored.get(digest);
          if (!bytes || sha256(bytes) !== digest) return Promise.reject(new Error('its digest is another'));
          return Promise.resolve(bytes);
        },
      },
      sleep,
      warn: (message) => this.warnings.push(message),
    });
    await snapshots.start();
    this.silently.clear();
    const runner = new FoldRunner({
      log: this.log,
      namespace: 't',
      service: 'b',
      fold: this.fold(),
      source: SOURCE,
      primary: SUMS,
      control: this.control,
      snapshots,
      snapshotEvery,
      clock: this.clock,
      sleep: () => sleep(1),
      warmed: (partition, definition, offset) =>
        void this.warm.push(`${definition} at ${partition}-${offset}`),
      observer: {
        taken: (_, resume, restored) => void this.taken.push(`at ${resume}, ${restored} folded`),
        log: (level, message) => void (level === 'error' && this.errors.push(message)),
      },
    });
    const { control } = this;
    this.running.push(async () => {
      await runner.stop();
      await control.stop();
      await snapshots.stop();
    });
    await runner.start();
    return runner;
  }

  async stop(): Promise<void> {
    for (const stop of this.running.splice(0)) await stop();
  }

  async restart(snapshotEvery?: number): Promise<void> {
    await this.stop();
    await this.settled(await this.start(snapshotEvery));
  }

  async add(...values: readonly (number | string)[]): Promise<void> {
    const producer = this.log.producer();
    const headers = new EnvelopeTemplate({ type: 'a.number.seen', source: 'door' });
    await producer.send(
      values.map((value) => ({
        topic: full(SOURCE),
        partition: 0,
        key: null,
        value: Buffer.from(String(value)),
        headers: headers.headers('request', '2026-01-01T00:00:00.000Z'),
      })),
    );
    await producer.close();
  }

  async rule(carried: readonly number[], warming: readonly number[] = []): Promise<void> {
    const producer = this.log.producer();
    const value = Buffer.from(JSON.stringify({ carried, warming }));
    await producer.send([{ topic: full(CONTROL), partition: 0, key: null, value, headers: [] }]);
    await producer.close();
    const [ends] = await this.log.ends(full(CONTROL));
    await this.control.reach(ends!.end - 1);
  }

  async sums(): Promise<string[]> {
    return (await readTopic(this.log, full(SUMS))).map(({ value }) => value!.toString());
  }

  async last(): Promise<string | undefined> {
    return (await this.sums()).at(-1);
  }

  async snapshots(): Promise<{ definition: string; offset: number; artifact: string }[]> {
    const records = await readTopic(this.log, full('b.snapshots'));
    return records.map(({ value }) => decodeEvent(SnapshotTaken, value));
  }

  settled(runner: FoldRunner<Map<string, unknown>, Factors>): Promise<void> {
    return settle(this.log, full(SOURCE), runner as FoldRunner<unknown, unknown>);
  }

  async until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 3_000; !holds(); await sleep(1))
      if (Date.now() > end) throw new Error('not within three seconds');
  }
}

let world: World;
beforeEach(async () => {
  world = await World.make();
});
afterEach(() => world.stop());

describe('a section', () => {
  it('goes on from its own snapshot, wherever those of the others stand', async () => {
    await world.add(1, 2);
    await world.settled(await world.start());
    await world.stop();
    await world.add(3);
    await world.settled(await world.start());
    await world.rule([1, 10]);
    await world.until(() => world.warm.length === 1);
    await world.restart();
    expect((await world.snapshots()).map(({ definition, offset }) => `${definition} to ${offset}`)).toEqual([
      'times 1 to 2',
      // As soon as it is taken in, and when the worker stops.
      'times 10 to 3',
      'times 1 to 3',
      'times 10 to 3',
    ]);
    // The newest of the second one is gone: it begins anew, and the first one takes none of these records in again.
    world.stored.delete((await world.snapshots())[3]!.artifact);
    await world.restart();
    expect([world.taken.at(-1), world.silently.get(1), world.silently.get(10)]).toEqual([
      'at 3, 3 folded',
      undefined,
      3,
    ]);
    await world.add(4);
    await world.restart();
    expect([await world.last(), world.warnings.length]).toEqual(['1:10 10:100', 1]);
  });

  it('is warmed up beside the fold from zero, kept at its side, and folded with from one control position on', async () => {
    await world.add(1, 'x', 2);
    const runner = await world.start();
    await world.settled(runner);
    await world.rule([1], [10]);
    await world.until(() => world.warm.length === 1);
    expect(world.warm).toEqual(['times 10 at 0-3']);
    await world.add(3, 'x', 4);
    await world.settled(runner);
    await world.rule([1, 10]);
    await world.add(5);
    await world.settled(runner);
    expect(await world.sums()).toEqual(['1:1', '1:3', '1:6', '1:10', '1:15 10:150']);
    await world.rule([10]);
    await world.add(6);
    await world.settled(runner);
    expect(await world.last()).toBe('10:210');
    await world.restart();
    await world.add(7);
    await world.restart();
    expect(await world.last()).toBe('10:280');
    expect(
      (await world.snapshots()).filter(({ offset }) => offset > 7).map(({ definition }) => definition),
    ).toEqual(['times 10', 'times 10']);
  });

  it('that is wanted before it stands here delays nothing: the partition goes on under the control that it can', async () => {
    await world.add(1, 2);
    const runner = await world.start();
    await world.settled(runner);
    // A reader that begins now finds the log away: the warm-up waits, the fold does not.
    const { log } = world;
    const reader = log.reader.bind(log);
    log.reader = () => ({
      ...{ seek: () => undefined, drop: () => undefined, wake: () => undefined },
      poll: () => Promise.reject(new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'away')),
      close: () => Promise.resolve(),
    });
    await world.rule([1, 10]);
    await world.add(3);
    await world.settled(runner);
    log.reader = reader;
    expect(await world.last()).toBe('1:6');
    await world.stop();
    await world.add(4);
    await world.settled(await world.start());
    expect(await world.last()).toBe('1:10 10:100');
  });

  it('that cannot fold a record is not warmed up, and the fold goes on', async () => {
    await world.add(1);
    const runner = await world.start();
    await world.settled(runner);
    await world.rule([1], [13]);
    await world.until(() => world.errors.length === 1);
    expect(world.errors[0]).toMatch(/times 13 cannot be warmed up on partition 0: record 0-0 .* unlucky/);
    await world.add(2);
    await world.settled(runner);
    expect([await world.last(), world.warm]).toEqual(['1:3', []]);
  });

  it('takes up a warm-up that stopped where it was', async () => {
    await world.add(...Array.from({ length: 600 }, () => 1));
    const runner = await world.start();
    await world.settled(runner);
    await world.rule([1], [10]);
    await world.until(() => (world.silently.get(10) ?? 0) > 0);
    await world.stop();
    const before = world.silently.get(10)!;
    expect(before).toBeLessThan(600);
    await world.settled(await world.start());
    await world.until(() => world.warm.length > 0);
    expect(before + world.silently.get(10)!).toBe(600);
    await world.rule([1, 10]);
    await world.add(1);
    await world.restart();
    expect(await world.last()).toBe('1:601 10:6010');
  });
});

describe('a snapshot', () => {
  /** Three snapshots, after 1, 2 and 3 records; the fourth record came behind them. */
  const three = async (): Promise<string[]> => {
    for (const n of [1, 2, 3]) {
      await world.add(n);
      await world.settled(await world.start());
      await world.stop();
    }
    await world.add(4);
    return (await world.snapshots()).map(({ artifact }) => artifact);
  };
  const restored = async (): Promise<unknown> => {
    await world.settled(await world.start());
    expect(await world.last()).toBe('1:10');
    return [
      world.taken.at(-1),
      world.warnings.map((warning) => warning.replace(/^snapshot \w+/, 'snapshot')),
    ];
  };

  it('that is whole is used: only what came after it is folded again', async () => {
    await three();
    expect(await restored()).toEqual(['at 3, 0 folded', []]);
  });

  it('with a flipped byte is found by its digest, named, and the one before it is used', async () => {
    const [, , newest] = await three();
    const bytes = world.stored.get(newest!)!;
    bytes[bytes.length - 1]! ^= 1;
    expect(await restored()).toEqual([
      'at 3, 1 folded',
      ['snapshot of sums/a.numbers/0/times 1 at 3 is not used: its digest is another'],
    ]);
    expect(world.warnings[0]).toContain(newest);
  });

  it('that is gone, as all others, leaves the start of the log', async () => {
    await three();
    world.stored.clear();
    expect(await restored()).toMatchObject(['at 3, 3 folded', { length: 3 }]);
  });

  /** Announces the newest one again, changed: what was said last of a place and an offset counts. */
  const announced = async (
    change: (taken: Record<string, unknown>) => Record<string, unknown>,
    bytes?: Buffer,
  ) => {
    const newest = (await readTopic(world.log, full('b.snapshots'))).at(-1)!;
    const taken = JSON.parse(newest.value!.toString()) as Record<string, unknown>;
    if (bytes) {
      taken['artifact'] = sha256(bytes);
      world.stored.set(sha256(bytes), bytes);
    }
    const producer = world.log.producer();
    const value = Buffer.from(JSON.stringify(change(taken)));
    await producer.send([{ topic: full('b.snapshots'), partition: 0, key: null, value, headers: [] }]);
    await producer.close();
  };

  it.each(['fold', 'topic', 'definition'])('that was taken of another %s is not used', async (member) => {
    const [, , newest] = await three();
    const whole = world.stored.get(newest!)!.toString();
    const other = {
      fold: ['sums', 'SUMS'],
      topic: ['a.numbers', 'a.letters'],
      definition: ['times 1', 'times 9'],
    };
    const [here, there] = other[member as keyof typeof other] as [string, string];
    const foreign = Buffer.from(whole.replace(`"${here}"`, `"${there}"`));
    const end = 4 + foreign.readUInt32LE(0) + there.length - here.length;
    foreign.writeUInt32LE(end - 4, 0);
    await announced((taken) => taken, foreign);
    expect(await restored()).toMatchObject(['at 3, 1 folded', [expect.stringContaining(`"${there}"`)]]);
  });

  it('that was cut short, though announced so, is not used', async () => {
    const [, , newest] = await three();
    const whole = world.stored.get(newest!)!;
    await announced((taken) => taken, whole.subarray(0, whole.length - 1));
    expect(await restored()).toMatchObject(['at 3, 1 folded', [expect.stringContaining('"bytes":0')]]);
  });

  it('whose state cannot be read is not used', async () => {
    const [, , newest] = await three();
    const whole = world.stored.get(newest!)!;
    const long = Buffer.concat([whole, Buffer.alloc(50, '0')]);
    const text = long.toString().replace('"bytes":1', '"bytes":51');
    const bytes = Buffer.from(text);
    bytes.writeUInt32LE(bytes.readUInt32LE(0) + 1, 0);
    await announced((taken) => taken, bytes);
    expect(await restored()).toMatchObject(['at 3, 1 folded', [expect.stringContaining('too many digits')]]);
  });

  it('of a log that was rewritten since is not used', async () => {
    await three();
    await announced((taken) => ({ ...taken, last: { offset: 2, crc: '00000000' } }));
    const [, warnings] = (await restored()) as [string, string[]];
    expect(warnings[0]).toMatch(
      /record 0-2 has checksum \w{8}, it was taken after one with 00000000: the log was rewritten/,
    );
  });

  it('is taken at latest after five minutes, whatever the count', async () => {
    const runner = await world.start();
    await world.add(1);
    await world.settled(runner);
    world.clock.advance(299_999);
    await world.add(2);
    await world.settled(runner);
    expect(world.stored.size).toBe(0);
    world.clock.advance(1);
    await world.add(3);
    await world.settled(runner);
    await world.until(() => world.stored.size === 1);
  });

  it('is not waited for: records are folded while its bytes are on their way', async () => {
    let arrive = (): void => undefined;
    world.upload = new Promise((resolve) => (arrive = resolve));
    const runner = await world.start(1);
    await world.add(1);
    await world.settled(runner);
    await world.until(() => world.uploads === 1);
    await world.add(2);
    await world.settled(runner);
    expect([await world.last(), await world.snapshots()]).toEqual(['1:3', []]);
    arrive();
    await world.stop();
    expect((await world.snapshots()).map(({ offset }) => offset)).toEqual([1, 2]);
  });
});
