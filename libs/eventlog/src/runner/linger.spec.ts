import { EnvelopeTemplate } from '#contracts';
import { MovableClock, formatPosition } from '#kernel';
import { settle } from '#testing';
import { createMemoryLog, type MemoryLog } from '../memory';
import type { EventLog } from '../port';
import { readTopic } from '../read';
import type { Fold } from './fold';
import { NoControl } from './no-control';
import { perRecord } from './per-record';
import { FoldRunner } from './runner';

const SOURCE = 't.a.source';
const COPIES = 't.b.copies';
const template = new EnvelopeTemplate({ type: 'b.value.copied', source: 'a.source' });

const copies = (folded: () => void): Fold<undefined, undefined> => ({
  name: 'copies',
  initial: () => undefined,
  process: perRecord((_, { partition, offset, value }, round) => {
    folded();
    const headers = template.headers(formatPosition(partition, offset), '2026-01-01T00:00:00.000Z');
    round.emit({ topic: COPIES, partition, key: null, value, headers, source: offset, k: 0 });
  }),
  restore: { from: 'none' },
  total: true,
  dropSeen: false,
});

/** The log in memory, whose producers can be made to wait; `sends` are the records of each send as it begins. */
class SlowLog {
  readonly memory = createMemoryLog();
  readonly sends: number[] = [];
  readonly log: EventLog;
  private gate: Promise<void> = Promise.resolve();

  constructor() {
    this.log = Object.assign(Object.create(this.memory) as MemoryLog, {
      producer: () => {
        const producer = this.memory.producer();
        return {
          send: async (records: Parameters<typeof producer.send>[0]) => {
            this.sends.push(records.length);
            await this.gate;
            return producer.send(records);
          },
          close: () => producer.close(),
        };
      },
    });
  }

  /** Nothing is acknowledged until the function that it gives is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  async append(...values: readonly number[]): Promise<void> {
    const producer = this.memory.producer();
    for (const value of values)
      await producer.send([
        { topic: SOURCE, partition: 0, key: null, value: Buffer.from(String(value)), headers: [] },
      ]);
    await producer.close();
  }
}

const until = async (fact: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 30_000; !fact();) {
    if (Date.now() > deadline) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

describe('outputs', () => {
  it('are sent at once while nothing is under way, and gather while something is', async () => {
    const slow = new SlowLog();
    await slow.memory.ensureTopics(
      [SOURCE, COPIES, 't.b.dead-letters'].map((name) => ({ name, partitions: 1 })),
    );
    let folded = 0;
    const runner = new FoldRunner({
      log: slow.log,
      namespace: 't',
      service: 'b',
      fold: copies(() => folded++),
      source: 'a.source',
      primary: 'b.copies',
      control: new NoControl(),
      clock: new MovableClock(0),
      sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
    });
    await runner.start();
    for (let value = 1; value <= 3; value++) {
      await slow.append(value);
      await settle(slow.memory, SOURCE, runner);
    }
    expect(slow.sends).toEqual([1, 1, 1]); // idle: nothing waits for company

    const release = slow.hold();
    await slow.append(4);
    await until(() => slow.sends.length === 4);
    await slow.append(5);
    await until(() => folded === 5); // the next round is folded meanwhile, and waits
    const values = Array.from({ length: 300 }, (_, index) => 6 + index);
    await slow.append(...values);
    expect(slow.sends).toHaveLength(4);
    release();
    await settle(slow.memory, SOURCE, runner);
    expect(slow.sends).toEqual([1, 1, 1, 1, 1, 300]); // under load: one send for all that came meanwhile
    await runner.stop();
    const appended = await readTopic(slow.memory, COPIES);
    expect(appended.map(({ value }) => Number(value))).toEqual([1, 2, 3, 4, 5, ...values]);
  });
});
