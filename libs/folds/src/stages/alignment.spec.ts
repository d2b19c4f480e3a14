import { HEADERS } from '#contracts';
import { createMemoryLog, type LogReader } from '#eventlog';
import { MovableClock } from '#kernel';
import { Alignment } from './alignment';

const HOUR = 3_600_000;
const TOPIC = 'n.payments';

/** Two partitions with an event an hour, aligned within two hours; `odd` stands as the third event of partition 0. */
const drained = async (odd: readonly number[]): Promise<[partition: number, hours: number][]> => {
  const log = createMemoryLog();
  const clock = new MovableClock(0);
  await log.ensureTopics([{ name: TOPIC, partitions: 2 }]);
  const producer = log.producer();
  const hours = Array.from({ length: 40 }, (_, hour) => hour);
  for (const [partition, times] of [[...hours.slice(0, 2), ...odd, ...hours.slice(2)], hours].entries())
    for (const hour of times)
      await producer.send([
        {
          topic: TOPIC,
          partition,
          key: null,
          value: Buffer.from(String(hour)),
          headers: [[HEADERS.time, Buffer.from(new Date(hour * HOUR).toISOString())]],
        },
      ]);
  const alignment = new Alignment({ log, clock, alignMs: 2 * HOUR, waitMs: 10_000 });
  const gate = alignment.gate(TOPIC, 24 * HOUR);
  const reader: LogReader = gate.reader('group');
  gate.assigned!([0, 1]);
  for (const partition of [0, 1]) reader.seek({ topic: TOPIC, partition }, 0);
  alignment.begin();
  const gone: [number, number][] = [];
  while (gone.length < 80 + odd.length) {
    for (const chunk of await reader.poll(5, 4))
      if (chunk.kind === 'records')
        for (const { value } of chunk.records) gone.push([chunk.partition, Number(value!.toString())]);
    clock.advance(1);
  }
  await reader.close();
  return gone;
};

/** How far a partition ever ran ahead of what the other still held. */
const largestLead = (gone: readonly (readonly [number, number])[]): number => {
  const reached = [-1, -1];
  let lead = 0;
  for (const [partition, hour] of gone) {
    if (hour >= 40) continue;
    reached[partition] = Math.max(reached[partition]!, hour);
    lead = Math.max(lead, hour - reached[1 - partition]! - 1);
  }
  return lead;
};

it('keeps partitions together in event time', async () => {
  expect(largestLead(await drained([]))).toBeLessThanOrEqual(2);
});

it('one event far ahead neither waits nor lets the others run ahead', async () => {
  expect(largestLead(await drained([9_000]))).toBeLessThanOrEqual(2);
});

it('where a second one confirms it, its partition has come that far', async () => {
  expect(largestLead(await drained([9_000, 9_001]))).toBeGreaterThan(20);
});
