/**
 * How fast the feature engine folds decoded records: nine features (count, sum and mean of the amount over 1, 7 and 30 days by
 * customer) over the real card payments. `./playhead bench features`, or alone:
 *
 *   npm run build && node --expose-gc --max-semi-space-size=64 dist/bench/features/fold.js
 *
 * PLAYHEAD_DATA names the folder of the real streams (default ../shared/data).
 */
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { compileExpression } from '#kernel';
import { compileView, type FeatureEvent, type ViewDefinition } from '#features';

const DAY = 86_400_000;
const file = `${process.env.PLAYHEAD_DATA ?? '../shared/data'}/fraud/transactions-2018-04-to-06.csv.gz`;

const VIEW: ViewDefinition = {
  name: 'customer-spend',
  entity: 'customer_id',
  stream: {
    name: 'transactions',
    time: 'event_time',
    lateness: DAY,
    jump: 7 * DAY,
    fields: [
      { name: 'transaction_id', type: 'string' },
      { name: 'event_time', type: 'timestamp' },
      { name: 'customer_id', type: 'string' },
      { name: 'terminal_id', type: 'string' },
      { name: 'amount', type: 'number', decimals: 2 },
    ],
  },
  features: [1, 7, 30].flatMap((days) => [
    { name: `tx_count_${days}d`, aggregate: 'count' as const, window: days * DAY },
    { name: `amount_sum_${days}d`, aggregate: 'sum' as const, of: 'amount', window: days * DAY },
    { name: `amount_mean_${days}d`, aggregate: 'mean' as const, of: 'amount', window: days * DAY },
  ]),
};

const readEvents = async (): Promise<FeatureEvent[]> => {
  const events: FeatureEvent[] = [];
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) {
    const [transaction_id, time, customer_id, terminal_id, amount] = line.split(',');
    if (transaction_id === 'TRANSACTION_ID') continue;
    // As the fold meets them: parsed from the observation's JSON.
    const observation = {
      transaction_id,
      event_time: `${time!.replace(' ', 'T')}.000Z`,
      customer_id,
      terminal_id,
      amount: Number(amount),
    };
    events.push(JSON.parse(JSON.stringify(observation)) as FeatureEvent);
  }
  return events;
};

/** Of CPU, garbage collection included: a busy machine does not make the engine slower. */
const nanoseconds = (runs: number, work: (i: number) => void): number => {
  const start = process.cpuUsage();
  for (let i = 0; i < runs; i++) work(i);
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1e3) / runs;
};

/** Bytes in use after a collection; needs `node --expose-gc`. */
const memory = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const main = async (): Promise<void> => {
  if (!existsSync(file)) {
    console.log(`SKIPPED: ${file} is not there; set PLAYHEAD_DATA`);
    return;
  }
  const events = await readEvents();
  const engine = compileView(VIEW);
  const rates: number[] = [];
  let state = engine.createState();
  for (let round = 0; round < 5; round++) {
    state = engine.createState();
    const perEvent = nanoseconds(events.length, (i) => engine.apply(state, events[i]!));
    rates.push(Math.round(1e9 / perEvent));
  }
  const stats = engine.stats(state);
  let bytes: Uint8Array = new Uint8Array();
  const encodeMs = nanoseconds(1, () => (bytes = engine.encodeState(state))) / 1e6;
  state = engine.createState();
  const before = await memory();
  const decodeMs = nanoseconds(1, () => (state = engine.decodeState(bytes))) / 1e6;
  const measured = (await memory()) - before;
  const isEarly = compileExpression('event_time.getHours() < 6', { event_time: 'timestamp' });
  const plausible = compileExpression('amount < 50000.0', { amount: 'number' });

  console.log(
    JSON.stringify({
      events: events.length,
      features: engine.names.length,
      eventsPerCpuSecond: { best: Math.max(...rates), rounds: rates },
      entities: stats.entities,
      eventsKept: stats.events,
      bytesPerEntity: {
        estimated: Math.round(stats.approximateBytes / stats.entities),
        ...(globalThis.gc && { measured: Math.round(measured / engine.stats(state).entities) }),
      },
      snapshot: { bytes: bytes.length, encodeMs: Math.round(encodeMs), decodeMs: Math.round(decodeMs) },
      expressionNs: {
        plausible: Math.round(nanoseconds(1e6, (i) => plausible.evaluate(events[i % 1e5]!))),
        isEarly: Math.round(nanoseconds(1e6, (i) => isEarly.evaluate(events[i % 1e5]!))),
      },
    }),
  );
};

void main();
