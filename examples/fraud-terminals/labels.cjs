/**
 * Writes what became of the payments of a file in the form of the Fraud Detection Handbook (TRANSACTION_ID, TX_DATETIME, CUSTOMER_ID,
 * TERMINAL_ID, TX_FRAUD; CSV, gzip allowed): one label for each, known seven days after it, in the order of the file.
 *
 * Usage: node examples/fraud-terminals/labels.cjs PAYMENTS.csv.gz LABELS.ndjson     (after the first ./playhead, which builds)
 */
'use strict';
const { once } = require('node:events');
const { createWriteStream } = require('node:fs');
const { readPayments } = require('../../dist/cli/src/demo/fraud-source.js');

const WEEK_MS = 7 * 86_400_000;

const main = async ([payments, labels]) => {
  if (!payments || !labels) {
    console.error('usage: node examples/fraud-terminals/labels.cjs PAYMENTS.csv.gz LABELS.ndjson');
    process.exit(2);
  }
  const out = createWriteStream(labels);
  let count = 0;
  for await (const { payment, time, isFraud } of readPayments(payments)) {
    const { transaction_id, customer_id, terminal_id } = payment;
    const label = {
      label_id: `L-${transaction_id}`,
      known_at: new Date(time + WEEK_MS).toISOString(),
      transaction_id,
      customer_id,
      terminal_id,
      is_fraud: isFraud,
    };
    if (!out.write(`${JSON.stringify(label)}\n`)) await once(out, 'drain');
    count++;
  }
  out.end();
  await once(out, 'finish');
  console.log(`${labels}: ${count} labels`);
};

void main(process.argv.slice(2));
