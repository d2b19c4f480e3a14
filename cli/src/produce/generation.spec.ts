import fc from 'fast-check';
import { TOPICS, compileStream, loadDefinitions, type CompiledStream } from '#contracts';
import { createMemoryLog } from '#eventlog';
import {
  carriedBefore,
  checkCarries,
  generationName,
  mergeByTime,
  observationsByTime,
  type TimedEvent,
} from './generation';

const stream = (name: string, partitions: number, amount = 'number'): CompiledStream => {
  const { project } = loadDefinitions([
    {
      path: 'playhead.yaml',
      text: `
kind: Stream
name: ${name}
spec:
  key: customer
  id: id
  time: at
  partitions: ${partitions}
  lateness: 1h
  fields: { id: { type: string }, at: { type: timestamp }, customer: { type: string }, amount: { type: ${amount} } }
`,
    },
  ]);
  return compileStream(project.find('Stream', name)!);
};

const all = async (events: AsyncIterable<TimedEvent>): Promise<TimedEvent[]> => {
  const read: TimedEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
};

async function* sequence(times: readonly number[], source: number): AsyncGenerator<TimedEvent> {
  for (const [place, time] of times.entries())
    yield await Promise.resolve({ time, event: { source, place } });
}

describe('a generation', () => {
  it('is a stream of its own', () => {
    expect(generationName('transactions', 1)).toBe('transactions');
    expect(generationName('transactions', 2)).toBe('transactions-g2');
    expect(() => generationName('transactions', 1.5)).toThrow('whole number');
  });

  it('takes over only what it has fields for', () => {
    const old = stream('transactions', 1);
    expect(() => checkCarries(old, stream('transactions-g2', 4))).not.toThrow();
    expect(() => checkCarries(old, stream('transactions-g2', 4, 'string'))).toThrow(
      'transactions-g2 cannot take over transactions: field amount is missing or of another type',
    );
  });

  it('merges sequences by time, each in its own order', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(20)), { maxLength: 5 }), async (sequences) => {
        const merged = await all(mergeByTime(sequences.map((times, i) => sequence(times, i))));
        expect(merged).toHaveLength(sequences.flat().length);
        for (const [source, times] of sequences.entries())
          expect(merged.filter(({ event }) => event.source === source).map(({ time }) => time)).toEqual(
            times,
          );
        // Nothing that could have come earlier comes later: a record waits only for one of its own sequence.
        const sorted = sequences.map((times) => [...times].sort((a, b) => a - b));
        const inOrder = await all(mergeByTime(sorted.map((times, i) => sequence(times, i))));
        expect(inOrder.map(({ time }) => time)).toEqual(sorted.flat().sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    ));

  it('reads what the one before holds once, and knows up to where it was filled', async () => {
    const log = createMemoryLog({ now: () => 0 });
    const transactions = stream('transactions', 2);
    const topic = `t.${TOPICS.observations('transactions')}`;
    await log.ensureTopics([{ name: topic, partitions: 2 }]);
    expect(await carriedBefore(log, 't', transactions)).toBe(-Infinity);
    const observation = (partition: number, offset: number, minute: number) => ({
      topic,
      partition,
      key: null,
      value: JSON.stringify({ id: `${partition}-${offset}`, at: at(minute), customer: 'a', amount: 1 }),
      headers: [
        ['ce_id', Buffer.from(`${partition}-${offset}`)],
        ['ce_time', Buffer.from(at(minute))],
      ] as [string, Buffer][],
    });
    // Partition 0 was written by a zombie twice.
    await log
      .producer()
      .send([
        observation(0, 0, 3),
        observation(0, 1, 1),
        observation(0, 0, 3),
        observation(1, 0, 2),
        observation(1, 1, 9),
      ]);
    const events = await all(observationsByTime(log, 't', transactions));
    expect(events.map(({ event }) => event.id)).toEqual(['1-0', '0-0', '0-1', '1-1']);
    expect(events[3]).toEqual({
      time: Date.parse(at(9)),
      event: { id: '1-1', at: at(9), customer: 'a', amount: 1 },
    });
    expect(await carriedBefore(log, 't', transactions)).toBe(Date.parse(at(3)) - 3_600_000);
  });
});

const at = (minute: number): string => `2026-01-01T00:0${minute}:00.000Z`;
