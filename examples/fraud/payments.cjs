/**
 * Writes made-up card payments for the tour in README.md, by the generator of `playhead demo fraud` (seeded: the same files every time):
 *
 *   payments.ndjson   the first 85 % of 60 days
 *   labels.ndjson     which of them were fraud, as far as it is known by then
 *   today.ndjson      the payments that follow
 *
 * Usage: node examples/fraud/payments.cjs FOLDER [ROWS]     (20,000 rows by default; after the first ./playhead, which builds)
 */
'use strict';
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { simulatedFraud } = require('../../dist/cli/src/demo/fraud-source.js');

const [folder, rows = '20000'] = process.argv.slice(2);
if (!folder || !(Number(rows) > 0)) {
  console.error('usage: node examples/fraud/payments.cjs FOLDER [ROWS]');
  process.exit(2);
}

const source = simulatedFraud(Number(rows));
const cut = source.firstTime + 0.85 * (source.lastTime - source.firstTime);
const files = { 'payments.ndjson': [], 'labels.ndjson': [], 'today.ndjson': [] };
for (const { stream, time, event } of source.occurrences()) {
  if (stream === 'transactions') files[time < cut ? 'payments.ndjson' : 'today.ndjson'].push(event);
  else if (time < cut) files['labels.ndjson'].push(event);
}
for (const [name, events] of Object.entries(files)) {
  writeFileSync(join(folder, name), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  console.log(`${join(folder, name)}: ${events.length} events`);
}
