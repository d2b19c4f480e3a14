/** A process: the log adapter at the work of Kafka's own perf tools, records of so many bytes without key or headers. */
import type { EventLog, NewRecord } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { PARTITIONS, ROUND, Stopwatch, type Errand, type Outcome } from './codec/workload';

export interface CeilingErrand extends Errand {
  readonly valueBytes: number;
}

/** Letters at random, as the tools send them: nothing here is compressed. */
const round = ({ topic, valueBytes }: CeilingErrand): NewRecord[] =>
  Array.from({ length: ROUND }, (_, index) => ({
    topic,
    partition: index % PARTITIONS,
    key: null,
    value: Buffer.from(Array.from({ length: valueBytes }, () => 65 + Math.floor(26 * Math.random()))),
    headers: [],
  }));

const produce = async (log: EventLog, errand: CeilingErrand): Promise<Outcome> => {
  const records = round(errand);
  const producer = log.producer();
  const stopwatch = new Stopwatch(errand);
  for (;;) {
    await producer.send(records);
    const outcome = stopwatch.count(records.length, records.length * errand.valueBytes);
    if (outcome) return outcome;
  }
};

const consume = async (log: EventLog, errand: CeilingErrand): Promise<Outcome> => {
  const reader = log.reader();
  const stopwatch = new Stopwatch(errand);
  for (let partition = 0; partition < PARTITIONS; partition++)
    reader.seek({ topic: errand.topic, partition }, 0);
  for (;;)
    for (const chunk of await reader.poll(1_000)) {
      if (chunk.kind === 'unreadable') throw new Error(chunk.message);
      let bytes = 0;
      for (const { value } of chunk.records) bytes += value!.length;
      const outcome = stopwatch.count(chunk.records.length, bytes);
      if (outcome) return outcome;
    }
};

const main = async (errand: CeilingErrand): Promise<void> => {
  const log = createKafkaLog({ brokers: errand.brokers, clientId: 'bench-ceiling' });
  console.log(JSON.stringify(await (errand.direction === 'produce' ? produce : consume)(log, errand)));
  await log.close();
};

void main(JSON.parse(process.argv[2]!) as CeilingErrand);
