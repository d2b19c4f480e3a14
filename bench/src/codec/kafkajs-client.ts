/**
 * A process: kafkajs as it is, its own producer and consumer, at the codec bench's work. It loads nothing of the log adapter, which
 * changes kafkajs's timers.
 */
import { HEADERS } from '#contracts';
import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs';
import { errandOf, PARTITIONS, rounds, Stopwatch, type Errand, type Outcome } from './workload';

const produce = async (kafka: Kafka, errand: Errand): Promise<Outcome> => {
  const all = rounds(errand.topic).map((round) =>
    round.map(({ partition, key, value, headers }): Message => ({
      partition,
      key,
      value,
      headers: Object.fromEntries(headers),
    })),
  );
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const stopwatch = new Stopwatch(errand);
  for (let turn = 0; ; turn++) {
    const messages = all[turn % all.length]!;
    await producer.send({ topic: errand.topic, acks: -1, messages });
    let bytes = 0;
    for (const { value } of messages) bytes += value!.length;
    const outcome = stopwatch.count(messages.length, bytes);
    if (!outcome) continue;
    await producer.disconnect();
    return outcome;
  }
};

const consume = async (kafka: Kafka, errand: Errand): Promise<Outcome> => {
  const consumer = kafka.consumer({ groupId: errand.group, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: errand.topic, fromBeginning: true });
  const stopwatch = new Stopwatch(errand);
  const outcome = await new Promise<Outcome>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        partitionsConsumedConcurrently: PARTITIONS,
        eachBatch: ({ batch }) => {
          let bytes = 0;
          for (const { value, headers } of batch.messages)
            bytes += value!.length + (headers![HEADERS.id] as Buffer).toString('utf8').length;
          const found = stopwatch.count(batch.messages.length, bytes);
          if (found) resolve(found);
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return outcome;
};

const main = async (errand: Errand): Promise<void> => {
  const kafka = new Kafka({
    brokers: [...errand.brokers],
    clientId: 'bench-codec',
    logLevel: logLevel.NOTHING,
  });
  console.log(JSON.stringify(await (errand.direction === 'produce' ? produce : consume)(kafka, errand)));
};

void main(errandOf(process.argv));
