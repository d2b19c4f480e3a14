/** A process: the log adapter at the codec bench's work. */
import { HEADERS } from '#contracts';
import type { EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { errandOf, PARTITIONS, rounds, Stopwatch, type Errand, type Outcome } from './workload';

const produce = async (log: EventLog, errand: Errand): Promise<Outcome> => {
  const all = rounds(errand.topic);
  const producer = log.producer();
  const stopwatch = new Stopwatch(errand);
  for (let turn = 0; ; turn++) {
    const records = all[turn % all.length]!;
    await producer.send(records);
    let bytes = 0;
    for (const { value } of records) bytes += value!.length;
    const outcome = stopwatch.count(records.length, bytes);
    if (outcome) return outcome;
  }
};

const consume = async (log: EventLog, errand: Errand): Promise<Outcome> => {
  const reader = log.reader();
  const stopwatch = new Stopwatch(errand);
  for (let partition = 0; partition < PARTITIONS; partition++)
    reader.seek({ topic: errand.topic, partition }, 0);
  for (;;) {
    for (const chunk of await reader.poll(1_000)) {
      if (chunk.kind === 'unreadable') throw new Error(chunk.message);
      let bytes = 0;
      for (const { value, headers } of chunk.records)
        bytes += value!.length + headers.text(HEADERS.id)!.length;
      const outcome = stopwatch.count(chunk.records.length, bytes);
      if (outcome) return outcome;
    }
  }
};

const main = async (errand: Errand): Promise<void> => {
  const log = createKafkaLog({ brokers: errand.brokers, clientId: 'bench-codec' });
  console.log(JSON.stringify(await (errand.direction === 'produce' ? produce : consume)(log, errand)));
  await log.close();
};

void main(errandOf(process.argv));
