/**
 * How fast the feature engine folds decoded records, and what it keeps of an entity: over the real card payments, by customer, beside the
 * same nine features by other means. `./playhead bench features`, or alone:
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
import { compileView, type FeatureEngine, type FeatureEvent, type ViewDefinition } from '#features';
import { byHand, naive } from './beside';
import { CUSTOMER, OTHERS, TILED, WINDOWS_ALONE } from './views';

const file = `${process.env.PLAYHEAD_DATA ?? '../shared/data'}/fraud/transactions-2018-04-to-06.csv.gz`;

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

/** Of CPU, garbage collection included: a busy machine makes the engine slower by its caches only. */
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

/** Folds made anew for each round, taken in turns so that all see the same machine; events for each CPU second, best of the rounds. */
const rates = <Name extends string>(
  events: readonly FeatureEvent[],
  rounds: number,
  folds: Readonly<Record<Name, () => (event: FeatureEvent) => unknown>>,
): Record<Name, number> => {
  const best = {} as Record<Name, number>;
  for (let round = 0; round < rounds; round++) {
    for (const [name, make] of Object.entries(folds) as [Name, () => (event: FeatureEvent) => unknown][]) {
      const fold = make();
      const rate = Math.round(1e9 / nanoseconds(events.length, (i) => fold(events[i]!)));
      best[name] = Math.max(best[name] ?? 0, rate);
    }
  }
  return best;
};

const folding =
  (engine: FeatureEngine): (() => (event: FeatureEvent) => unknown) =>
  () => {
    const state = engine.createState();
    return (event) => engine.apply(state, event);
  };

/** What the engine says that a state takes, and what it takes. */
const bytesPerEntity = async (
  events: readonly FeatureEvent[],
  view: ViewDefinition,
): Promise<{ estimated: number; measured?: number }> => {
  const engine = compileView(view);
  const before = await memory();
  const state = engine.createState();
  for (const event of events) engine.apply(state, event);
  const { meanEntityBytes, entities } = engine.stats(state);
  const measured = (await memory()) - before;
  return {
    estimated: meanEntityBytes,
    ...(globalThis.gc && { measured: Math.round(measured / entities) }),
    // Keeps the state alive until here.
    ...(state.entities.size === 0 && { measured: 0 }),
  };
};

const main = async (): Promise<void> => {
  if (!existsSync(file)) {
    console.log(`SKIPPED: ${file} is not there; set PLAYHEAD_DATA`);
    return;
  }
  const events = await readEvents();
  const some = events.slice(0, 300_000);
  const [windows, customer, others, tiled] = [WINDOWS_ALONE, CUSTOMER, OTHERS, TILED].map((view) =>
    compileView(view),
  );
  const eventsPerCpuSecond = rates(events, 3, {
    windows: folding(windows!),
    customer: folding(customer!),
    byHand,
    naive,
  });
  const dearer = rates(some, 1, { others: folding(others!), tiled: folding(tiled!) });

  let state = windows!.createState();
  for (const event of events) windows!.apply(state, event);
  const { entities, events: eventsKept } = windows!.stats(state);
  let bytes: Uint8Array = new Uint8Array();
  const encodeMs = nanoseconds(1, () => (bytes = windows!.encodeState(state))) / 1e6;
  const decodeMs = nanoseconds(1, () => (state = windows!.decodeState(bytes))) / 1e6;

  // One hot entity: all payments of one customer.
  const hot = events.slice(0, 200_000).map((event) => ({ ...event, customer_id: 'all' }));
  const isEarly = compileExpression('event_time.getHours() < 6', { event_time: 'timestamp' });
  const plausible = compileExpression('amount < 50000.0', { amount: 'number' });

  console.log(
    JSON.stringify({
      events: events.length,
      eventsPerCpuSecond: { ...eventsPerCpuSecond, ...dearer },
      ratio: {
        customerToNaive: Number((eventsPerCpuSecond.customer / eventsPerCpuSecond.naive).toFixed(2)),
        customerToByHand: Number((eventsPerCpuSecond.customer / eventsPerCpuSecond.byHand).toFixed(2)),
      },
      entities,
      eventsKept,
      bytesPerEntity: {
        windows: await bytesPerEntity(events, WINDOWS_ALONE),
        customer: await bytesPerEntity(events, CUSTOMER),
        others: await bytesPerEntity(some, OTHERS),
        tiled: await bytesPerEntity(some, TILED),
        hotExact: await bytesPerEntity(hot, WINDOWS_ALONE),
        hotTiled: await bytesPerEntity(hot, TILED),
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
