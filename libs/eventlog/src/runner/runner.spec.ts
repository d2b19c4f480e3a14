import { EnvelopeTemplate, HEADERS } from '#contracts';
import { ContractViolation, MovableClock, TransientFailure, formatPosition } from '#kernel';
import { settle } from '#testing';
import { checksumOf } from '../checksum';
import { createMemoryLog, type MemoryLog } from '../memory';
import type { LogRecord } from '../port';
import { readTopic } from '../read';
import { FollowedTopic } from './followed-topic';
import type { Fold } from './fold';
import { perRecord } from './per-record';
import { FoldRunner } from './runner';
import { Snapshots } from './snapshots';

const SOURCE = 'a.numbers';
const TOTALS = 'b.totals';
const NOTES = 'b.notes';
const full = (name: string): string => `t.${name}`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Each partition keeps a running total; `control` is the factor of each number. Negative numbers also give a note. */
interface Total {
  sum: number;
}

const template = new EnvelopeTemplate({ type: 'b.total.changed', source: SOURCE });

const totals = (options: { failOn?: (n: number) => void } = {}): Fold<Total, number> => ({
  name: 'totals',
  initial: () => ({ sum: 0 }),
  process: perRecord((state, record, round) => {
    const n = Number(record.value!.toString());
    if (Number.isNaN(n)) throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'not a number');
    state.sum += n * round.control;
    options.failOn?.(n);
    const id = formatPosition(record.partition, record.offset);
    const headers = template.headers(id, '2026-01-01T00:00:00.000Z', round.controlHeader, [
      HEADERS.sourceCrc,
      Buffer.from(checksumOf(record.value)),
    ]);
    const output = { partition: record.partition, key: null, headers, source: record.offset, k: 0 };
    if (n < 0) round.emit({ ...output, topic: full(NOTES), value: Buffer.from(`negative ${n}`) });
    round.emit({ ...output, topic: full(TOTALS), value: Buffer.from(String(state.sum)) });
  }),
  restore: {
    from: 'source',
    snapshot: {
      encode: ({ sum }) => Buffer.from(String(sum)),
      decode: (bytes) => ({ sum: Number(Buffer.from(bytes).toString()) }),
    },
  },
  definition: () => 'totals-1',
  total: true,
  dropSeen: true,
});

const controlOf = (log: MemoryLog): FollowedTopic<number> =>
  new FollowedTopic({
    log,
    topic: full('a.factors'),
    initial: 1,
    evolve: (_, record) => Number(record.value!.toString()),
    sleep,
  });

class World {
  readonly clock = new MovableClock(1_000);
  readonly log = createMemoryLog({ now: () => this.clock.now() });
  readonly artifacts = new Map<string, Buffer>();
  readonly observed: string[] = [];
  private runners: {
    runner: FoldRunner<Total, number>;
    control: FollowedTopic<number>;
    snapshots: Snapshots;
  }[] = [];

  static async make(): Promise<World> {
    const world = new World();
    const topics = [SOURCE, TOTALS, NOTES].map((name) => ({ name: full(name), partitions: 2 }));
    await world.log.ensureTopics([
      ...topics,
      ...['b.dead-letters', 'b.snapshots', 'a.factors'].map((name) => ({ name: full(name), partitions: 1 })),
    ]);
    return world;
  }

  async start(fold = totals(), snapshotEvery = 1_000_000): Promise<FoldRunner<Total, number>> {
    const control = controlOf(this.log);
    const snapshots = new Snapshots({
      service: 'b',
      log: this.log,
      namespace: 't',
      topic: full('b.snapshots'),
      store: {
        put: (bytes) => {
          const digest = `d${this.artifacts.size}`;
          this.artifacts.set(digest, Buffer.from(bytes));
          return Promise.resolve(digest);
        },
        get: (digest) => Promise.resolve(this.artifacts.get(digest)!),
      },
      sleep,
      warn: (message) => this.observed.push(message),
    });
    await control.start();
    await snapshots.start();
    const runner = new FoldRunner<Total, number>({
      log: this.log,
      namespace: 't',
      service: 'b',
      fold,
      source: SOURCE,
      primary: TOTALS,
      alignedSecondaries: [NOTES],
      control,
      snapshots,
      snapshotEvery,
      clock: this.clock,
      sleep: () => sleep(1),
      observer: {
        taken: (partition, resume, restored) =>
          this.observed.push(`taken ${partition}@${resume}, ${restored} restored`),
      },
    });
    this.runners.push({ runner, control, snapshots });
    await runner.start();
    return runner;
  }

  async stop(): Promise<void> {
    for (const { runner, control, snapshots } of this.runners.splice(0)) {
      await runner.stop();
      await control.stop();
      await snapshots.stop();
    }
  }

  async append(
    topic: string,
    partition: number,
    values: readonly (number | string)[],
    ids?: readonly string[],
  ): Promise<void> {
    const inputs = new EnvelopeTemplate({ type: 'a.number.seen', source: 'door' });
    const records = values.map((value, i) => ({
      topic: full(topic),
      partition,
      key: null,
      value: Buffer.from(String(value)),
      headers: inputs.headers(ids?.[i] ?? `request-${i}`, '2026-01-01T00:00:00.000Z'),
    }));
    const producer = this.log.producer();
    await producer.send(records);
    await producer.close();
  }

  async values(topic: string, partition: number): Promise<string[]> {
    return (await readTopic(this.log, full(topic)))
      .filter((record) => record.partition === partition)
      .map((record) => record.value!.toString());
  }

  /** Outputs as a reader that keeps law L3 sees them. */
  async applied(topic: string, partition: number): Promise<string[]> {
    let highest = -1;
    const seen: string[] = [];
    for (const record of await this.records(topic, partition)) {
      const offset = Number(record.headers.text(HEADERS.id)!.split('-')[1]);
      if (offset <= highest) continue;
      highest = offset;
      seen.push(record.value!.toString());
    }
    return seen;
  }

  async records(topic: string, partition: number): Promise<LogRecord[]> {
    return (await readTopic(this.log, full(topic))).filter((record) => record.partition === partition);
  }

  settled(runner: FoldRunner<Total, number>): Promise<void> {
    return settle(this.log, full(SOURCE), runner as FoldRunner<unknown, unknown>);
  }
}

describe('FoldRunner', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.make();
  });
  afterEach(() => world.stop());

  it('gives one output for each record, aligned with the source partitions', async () => {
    await world.append(SOURCE, 0, [1, 2, 3]);
    await world.append(SOURCE, 1, [10, -20]);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6']);
    expect(await world.values(TOTALS, 1)).toEqual(['10', '-10']);
    expect(await world.values(NOTES, 1)).toEqual(['negative -20']);
    expect((await world.records(TOTALS, 0)).map((record) => record.headers.text(HEADERS.control))).toEqual([
      '-1',
      '-1',
      '-1',
    ]);
  });

  it('goes on after its own outputs when it starts again, with its state restored from the source', async () => {
    await world.append(SOURCE, 0, [1, 2, 3]);
    await world.settled(await world.start());
    await world.stop();
    await world.append(SOURCE, 0, [4]);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6', '10']);
  });

  it('restores from the newest snapshot and folds only what came after it', async () => {
    await world.append(SOURCE, 0, [1, 2, 3]);
    await world.settled(await world.start(totals(), 1));
    await world.stop();
    await world.append(SOURCE, 0, [4]);
    world.observed.length = 0;
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6', '10']);
    expect(world.observed).toContain('taken 0@3, 0 restored');
  });

  it('takes a first snapshot at once, and no other one within ten seconds', async () => {
    const runner = await world.start(totals(), 1);
    const taken: number[] = [];
    // A round begins when what the one before has left to do is done.
    const rounds = async (): Promise<void> => {
      for (const n of [1, 2]) {
        await world.append(SOURCE, 0, [n]);
        await world.settled(runner);
      }
      taken.push(world.artifacts.size);
    };
    await rounds();
    world.clock.advance(9_999);
    await rounds();
    world.clock.advance(1);
    await rounds();
    await world.stop();
    expect([...taken, world.artifacts.size]).toEqual([1, 1, 2, 3]);
  });

  it('sends only the rest when an answer is lost', async () => {
    let sends = 0;
    world.log.injectFault((records) =>
      records.some(({ topic }) => topic === full(TOTALS)) && ++sends === 1
        ? 'append-half-then-fail'
        : 'append',
    );
    await world.append(SOURCE, 0, [1, 2, 3, 4, 5, 6]);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6', '10', '15', '21']);
  });

  it('drops a record whose source position was applied before', async () => {
    await world.append(SOURCE, 0, [1, 2, 2, 3], ['0-7', '0-8', '0-8', '0-9']);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6']);
    await world.stop();
    await world.append(SOURCE, 0, [3, 4], ['0-9', '0-10']);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6', '10']);
  });

  it('dead-letters a record that breaks its contract and goes on', async () => {
    await world.append(SOURCE, 0, [1, 'x', 3]);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '4']);
    const [dead] = await world.records('b.dead-letters', 0);
    expect(dead!.value!.toString()).toBe('x');
    expect(dead!.headers.text(HEADERS.origin)).toBe(`${SOURCE}:0-1`);
    expect(dead!.headers.text(HEADERS.code)).toBe('PLAYHEAD_CONTRACT_VIOLATED');
  });

  it('tries a record that hits a defect again, then dead-letters it, and its half-done change of state is undone', async () => {
    let tries = 0;
    const fold = totals({
      failOn: (n) => {
        if (n !== 2) return;
        tries++;
        throw new Error('boom');
      },
    });
    await world.append(SOURCE, 0, [1, 2, 3]);
    await world.settled(await world.start(fold));
    expect(tries).toBe(2);
    expect(await world.values(TOTALS, 0)).toEqual(['1', '4']);
    expect(
      (await world.records('b.dead-letters', 0)).map((record) => record.headers.text(HEADERS.reason)),
    ).toEqual(['boom']);
    await world.stop();
    await world.append(SOURCE, 0, [4]);
    await world.settled(await world.start(fold));
    expect(await world.values(TOTALS, 0)).toEqual(['1', '4', '8']);
  });

  it('waits for something that is away in the middle of a round, and nothing is skipped or set aside', async () => {
    let tries = 0;
    const fold = totals({
      failOn: (n) => {
        if (n === 2 && ++tries <= 3)
          throw new TransientFailure('PLAYHEAD_ARTIFACT_UNAVAILABLE', 'the store is away');
      },
    });
    await world.append(SOURCE, 0, [1, 2, 3]);
    await world.settled(await world.start(fold));
    expect(tries).toBe(4);
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6']);
    expect(await world.records('b.dead-letters', 0)).toEqual([]);
  });

  it('sets a record aside whose output no topic would take, and goes on', async () => {
    const fold = totals();
    const process: typeof fold.process = (round) =>
      fold.process({
        ...round,
        emit: (output) =>
          round.emit(output.source === 1 ? { ...output, value: Buffer.alloc(2_200_000) } : output),
      });
    await world.append(SOURCE, 0, [1, 2, 3]);
    await world.settled(await world.start({ ...fold, process }));
    expect(await world.values(TOTALS, 0)).toEqual(['1', '6']);
    const [dead] = await world.records('b.dead-letters', 0);
    expect([dead!.headers.text(HEADERS.code), dead!.value!.toString()]).toEqual(['OUTPUT_TOO_LARGE', '2']);
  });

  it('sets the source of such an output aside, not the record that has its offset in the partition of the output', async () => {
    const fold = totals();
    const rounds: number[] = [];
    const process: typeof fold.process = (round) => {
      rounds.push(round.slices.length);
      return fold.process({
        ...round,
        emit: (output) =>
          output.partition === 1 && output.source === 1
            ? round.emit({ ...output, partition: 0, sourcePartition: 1, value: Buffer.alloc(2_200_000) })
            : round.emit(output),
      });
    };
    const runner = await world.start({ ...fold, process });
    while (runner.status().partitions.length < 2) await sleep(2);
    await Promise.all([world.append(SOURCE, 0, [1, 2]), world.append(SOURCE, 1, [10, 20])]);
    await world.settled(runner);
    expect(rounds).toEqual([2]);
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3']);
    expect(await world.values(TOTALS, 1)).toEqual(['10']);
    const [dead] = await world.records('b.dead-letters', 0);
    expect(dead!.headers.text(HEADERS.origin)).toBe(`${SOURCE}:1-1`);
  });

  it('sets an unreadable batch aside as one dead letter that names its offsets', async () => {
    await world.append(SOURCE, 0, [1]);
    world.log.appendUnreadable(
      { topic: full(SOURCE), partition: 0 },
      { reason: 'CODEC_UNSUPPORTED', message: 'lz4', raw: Buffer.from('raw'), count: 3 },
    );
    await world.append(SOURCE, 0, [2]);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3']);
    const [dead] = await world.records('b.dead-letters', 0);
    expect(dead!.headers.text(HEADERS.origin)).toBe(`${SOURCE}:0-1..3`);
    expect(dead!.headers.text(HEADERS.count)).toBe('3');
  });

  it('records the control position, and decides again under it what a crash left between secondary and primary', async () => {
    await world.append('a.factors', 0, [2]);
    await world.append(SOURCE, 0, [-1]);
    // The secondary is on the log, the primary was never sent: the process died in between.
    world.log.injectFault((records) =>
      records.some(({ topic }) => topic === full(TOTALS)) ? 'refuse' : 'append',
    );
    const runner = await world.start();
    while ((await world.values(NOTES, 0)).length === 0) await sleep(2);
    await world.append('a.factors', 0, [100]);
    world.log.injectFault(() => 'append');
    await world.settled(runner);
    expect(await world.values(TOTALS, 0)).toEqual(['-2']);
    expect(await world.values(NOTES, 0)).toEqual(['negative -1']);
    expect((await world.records(TOTALS, 0))[0]!.headers.text(HEADERS.control)).toBe('0');
  });

  it('restores each record under its recorded control position', async () => {
    await world.append(SOURCE, 0, [1, 1]);
    await world.settled(await world.start());
    await world.append('a.factors', 0, [10]);
    await sleep(20);
    await world.append(SOURCE, 0, [1]);
    await sleep(50);
    await world.stop();
    expect(await world.values(TOTALS, 0)).toEqual(['1', '2', '12']);
    await world.append(SOURCE, 0, [1]);
    await world.settled(await world.start());
    expect(await world.values(TOTALS, 0)).toEqual(['1', '2', '12', '22']);
  });

  it('halts with LOG_REWRITTEN when the source record under its tail is another one', async () => {
    await world.append(SOURCE, 0, [1, 2]);
    await world.settled(await world.start());
    await world.stop();
    await world.log.deleteTopics([full(SOURCE)]);
    await world.log.ensureTopics([{ name: full(SOURCE), partitions: 2 }]);
    await world.append(SOURCE, 0, [1, 3, 4]);
    const runner = await world.start();
    while (runner.status().halted === undefined) await sleep(2);
    expect(runner.status().halted).toMatch(/rewritten/);
  });

  it('two workers share the partitions, and one that leaves hands its own over', async () => {
    await world.append(SOURCE, 0, [1]);
    await world.append(SOURCE, 1, [1]);
    const first = await world.start();
    const second = await world.start();
    await world.append(SOURCE, 0, [1]);
    await world.append(SOURCE, 1, [1]);
    while ((await world.applied(TOTALS, 0)).length + (await world.applied(TOTALS, 1)).length < 4)
      await sleep(2);
    expect(
      [first, second].map((runner) => runner.status().partitions.map(({ partition }) => partition)),
    ).toEqual([[0], [1]]);
    await second.stop();
    await world.append(SOURCE, 1, [1]);
    while ((await world.applied(TOTALS, 1)).length < 3) await sleep(2);
    expect(await world.applied(TOTALS, 0)).toEqual(['1', '2']);
    expect(await world.applied(TOTALS, 1)).toEqual(['1', '2', '3']);
  });

  it('pauses while the log is away, and nothing is skipped', async () => {
    const runner = await world.start();
    await world.append(SOURCE, 0, [1]);
    await world.settled(runner);
    world.log.setAway(true);
    await sleep(20);
    world.log.setAway(false);
    await world.append(SOURCE, 0, [2, 3]);
    await world.settled(runner);
    expect(await world.values(TOTALS, 0)).toEqual(['1', '3', '6']);
  });
});
