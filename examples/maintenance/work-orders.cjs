/**
 * The workshop's desk: reads the predictions of the deployment `maintenance` and orders work on an engine as soon as it is said to last
 * no longer than the limit. An order is an event like any other: it goes to the stream `work-orders` through ingestion's door. Its id is
 * the engine's, so that an order that is asked for twice (predictions are read at least once) is refused as a duplicate.
 *
 * Usage: node examples/maintenance/work-orders.cjs --brokers HOST:PORT --namespace NAME --ingestion URL [--limit 15]
 * (`./playhead status --json` says all three.) Ends when its standard input does, or by SIGTERM.
 */
'use strict';
const { parseArgs } = require('node:util');
const { Kafka, logLevel } = require('kafkajs');

const orderOf = (prediction) => ({
  order_id: `W${prediction.entity.engine_id}`,
  event_time: prediction.event_time,
  engine_id: prediction.entity.engine_id,
  expected_cycles: prediction.output.value,
  version: prediction.version,
  prediction: prediction.event_id,
});

const main = async () => {
  const { values } = parseArgs({
    options: {
      brokers: { type: 'string' },
      namespace: { type: 'string' },
      ingestion: { type: 'string' },
      limit: { type: 'string', default: '15' },
    },
  });
  const { brokers, namespace, ingestion } = values;
  if (!brokers || !namespace || !ingestion) {
    console.error('usage: work-orders.cjs --brokers HOST:PORT --namespace NAME --ingestion URL [--limit 15]');
    process.exit(2);
  }
  const limit = Number(values.limit);
  const ordered = new Set();

  const send = async (orders) => {
    const answer = await fetch(`${ingestion}/v1/streams/work-orders/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(orders),
    });
    // kafkajs reads the batch again after an error: nothing is committed before its orders are on the log.
    if (!answer.ok) throw new Error(`ingestion answers ${answer.status}: ${await answer.text()}`);
    for (const { engine_id } of orders) ordered.add(engine_id);
  };

  const kafka = new Kafka({
    clientId: 'workshop-desk',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  });
  const consumer = kafka.consumer({ groupId: `${namespace}.workshop-desk`, maxWaitTimeInMs: 200 });
  const end = async () => {
    await consumer.disconnect().catch(() => undefined);
    console.log(`${ordered.size} orders`);
    process.exit(0);
  };
  process.on('SIGTERM', () => void end());
  process.stdin.on('end', () => void end()).resume();
  await consumer.connect();
  await consumer.subscribe({ topics: [`${namespace}.serving.predictions.maintenance`], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const orders = new Map();
      for (const { value } of batch.messages) {
        const prediction = JSON.parse(value.toString());
        const engine = prediction.entity.engine_id;
        const { value: expected } = prediction.output;
        if (expected !== null && expected <= limit && !ordered.has(engine) && !orders.has(engine))
          orders.set(engine, orderOf(prediction));
      }
      if (orders.size > 0) await send([...orders.values()]);
    },
  });
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
