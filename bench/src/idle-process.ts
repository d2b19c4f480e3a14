/**
 * A process that has nothing to do: one reader, one member, one producer of the log, each with its connection. Prints one line,
 * `{"cpuPercent": n}` of a core, after having been idle for so many seconds.
 */
import { createKafkaLog } from '#eventlog/kafka';
import { setTimeout as sleep } from 'node:timers/promises';

export interface IdleErrand {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly seconds: number;
}

/** Until what came with the start is over: compilation, ever longer fetches, and the collection of its garbage after half a minute. */
export const SETTLE_MS = 40_000;

const main = async ({ brokers, topic, seconds }: IdleErrand): Promise<void> => {
  const log = createKafkaLog({ brokers, clientId: 'bench-idle' });
  const producer = log.producer();
  await producer.send([{ topic, partition: 0, key: null, value: Buffer.from('one'), headers: [] }]);
  const membership = await log.join({
    group: `${topic}.${process.pid}`,
    topics: [topic],
    listener: {
      assigned: () => undefined,
      rebalancing: () => undefined,
      lost: (reason) => {
        throw new Error(reason);
      },
    },
  });
  const reader = log.reader();
  for (const { partition, end } of await log.ends(topic)) reader.seek({ topic, partition }, end);
  let over = false;
  const reading = (async () => {
    while (!over) await reader.poll(5_000);
  })();

  await sleep(SETTLE_MS);
  const before = { cpu: process.cpuUsage(), at: performance.now() };
  await sleep(1_000 * seconds);
  const { user, system } = process.cpuUsage(before.cpu);
  console.log(JSON.stringify({ cpuPercent: (user + system) / 10 / (performance.now() - before.at) }));

  over = true;
  await reading;
  await membership.leave();
  await log.close();
};

if (require.main === module) void main(JSON.parse(process.argv[2]!) as IdleErrand);
