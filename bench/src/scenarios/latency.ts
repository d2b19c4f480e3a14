import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '#kernel';
import type { LabelledPayment } from '../../../cli/src/demo/fraud-source';
import { percentile } from '../report/statistics';
import type { Findings, Workbench } from '../scenario';
import { ROAD, type Stage } from '../stage/stage';
import { arrived, beginningOf, grown } from '../stage/stretch';
import type { Favour, Peer } from '../peers';
import { buildPeers, startPeer } from './peer-runs';

const PER_SECOND = 1_000;
/** Sent in the same way before anything is measured. */
const WARM_UP = 10_000;

/** Before outputs are counted, which reads them all: the last ones should not have to share the machine with that. */
const SETTLE_MS = 1_000;

/** Of each event, in ms. */
interface Delays {
  /** From its append to the inbox to the append of its output, by the broker's clock (whole milliseconds). */
  readonly fromInbox: readonly number[];
  /** From the moment at which it should have been sent: waiting for the producer and for acknowledgement counts too. */
  readonly fromIntended: readonly number[];
}

/** A peer under one of its settings. */
interface Entrant {
  /** In figures. */
  readonly key: string;
  /** In tables. */
  readonly title: string;
  readonly peer: Peer;
  readonly favour: Favour;
}

/** Under its settings for throughput, which the other scenarios measure, and under those for latency where they are others. */
const entrantsOf = (peer: Peer): Entrant[] => {
  const { name, favours } = peer;
  if (!favours) return [{ key: name, title: name, peer, favour: 'throughput' }];
  return [
    { key: name, title: `${name}, ${favours.throughput}`, peer, favour: 'throughput' },
    { key: `${name}-for-latency`, title: `${name}, ${favours.latency}`, peer, favour: 'latency' },
  ];
};

/**
 * Events go at a fixed rate, whatever becomes of those before them (open loop, so that no slow moment hides the events that
 * would have come meanwhile). `rows` events after a warm-up.
 */
export const latency = async (bench: Workbench): Promise<Findings> => {
  const { rows, repeats, say } = bench;
  const entrants = (await buildPeers(bench)).flatMap(entrantsOf);
  const stage = await bench.stage((WARM_UP + rows) * repeats * (1 + entrants.length));
  const measured: { readonly of: string; readonly delays: Delays }[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await stage.startServices();
    // What the peers were sent in the repeat before comes first.
    await grown(stage, ROAD.predictions, 0, await stage.predictionsDue(), () => undefined);
    measured.push({
      of: 'playhead',
      delays: await delaysOf(stage, ROAD.predictions, 'event_id', rows, say),
    });
    await stage.stopServices();
    for (const { key, title, peer, favour } of entrants) {
      say(`${title}: reads what stands in the inbox`);
      const run = `latency-${favour}-${repeat}`;
      const { output, stop } = await startPeer(bench, stage, { peer, run, favour });
      const beginning = beginningOf(await stage.ends(output));
      await arrived(stage, output, beginning, await stage.count(ROAD.inbox));
      measured.push({
        of: key,
        delays: await delaysOf(stage, output, 'transaction_id', rows, say),
      });
      await stop();
    }
  }
  const all = [{ key: 'playhead', title: 'playhead' }, ...entrants].map(({ key, title }) => {
    const own = measured.filter((each) => each.of === key).map(({ delays }) => delays);
    return {
      key,
      title,
      fromInbox: sorted(own.flatMap(({ fromInbox }) => fromInbox)),
      fromIntended: sorted(own.flatMap(({ fromIntended }) => fromIntended)),
    };
  });
  return {
    figures: Object.fromEntries(
      all.flatMap(({ key, fromInbox, fromIntended }) => {
        const prefix = key === 'playhead' ? '' : `${key}_`;
        return [
          [`${prefix}p50_ms`, percentile(fromInbox, 0.5)!],
          [`${prefix}p99_ms`, percentile(fromInbox, 0.99)!],
          [`${prefix}max_ms`, fromInbox.at(-1)!],
          [`${prefix}intended_p50_ms`, percentile(fromIntended, 0.5)!],
          [`${prefix}intended_p99_ms`, percentile(fromIntended, 0.99)!],
          [`${prefix}intended_max_ms`, fromIntended.at(-1)!],
        ];
      }),
    ),
    tables: [
      {
        title: `latency at ${PER_SECOND} events/s, open loop, ms`,
        columns: ['', 'events', 'p50', 'p99', 'max', 'intended p50', 'p99', 'max'],
        rows: all.map(({ title, fromInbox, fromIntended }) => [
          title,
          fromInbox.length,
          ...[fromInbox, fromIntended].flatMap((delays) => [
            percentile(delays, 0.5) ?? null,
            percentile(delays, 0.99) ?? null,
            delays.at(-1) ?? null,
          ]),
        ]),
      },
    ],
  };
};

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

const delaysOf = async (
  stage: Stage,
  output: string,
  idField: string,
  rows: number,
  say: (line: string) => void,
): Promise<Delays> => {
  say(`${WARM_UP} events at ${PER_SECOND}/s to warm up`);
  await send(stage, await stage.take(WARM_UP), output);
  say(`${rows} events at ${PER_SECOND}/s`);
  const inboxBefore = await stage.ends(ROAD.inbox);
  const outputBefore = await stage.ends(output);
  const intended = await send(stage, await stage.take(rows), output);
  const appended = new Map<string, number>();
  for await (const { value, timestamp } of stage.since(ROAD.inbox, inboxBefore))
    appended.set(idIn(value, 'transaction_id'), timestamp);
  const fromInbox: number[] = [];
  const fromIntended: number[] = [];
  for await (const { value, timestamp } of stage.since(output, outputBefore)) {
    const id = idIn(value, idField);
    const from = appended.get(id);
    // One of the warm-up, come twice; then one of these is not there, and the number of events says so.
    if (from === undefined) continue;
    fromInbox.push(timestamp - from);
    fromIntended.push(timestamp - intended.get(id)!);
  }
  return { fromInbox, fromIntended };
};

const idIn = (value: Buffer | null, field: string): string =>
  (JSON.parse(value!.toString()) as Record<string, string>)[field]!;

/** Sends at the rate and waits for all outputs. Gives when each should have gone, in epoch ms. */
const send = async (
  stage: Stage,
  payments: readonly LabelledPayment[],
  output: string,
): Promise<Map<string, number>> => {
  const before = await stage.ends(output);
  const partitions = (await stage.ends(ROAD.inbox)).length;
  const topic = stage.topic(ROAD.inbox);
  const producer = stage.log.producer();
  const intended = new Map<string, number>();
  try {
    const start = Date.now();
    let sent = 0;
    while (sent < payments.length) {
      const due = Math.min(payments.length, Math.floor(((Date.now() - start) * PER_SECOND) / 1_000));
      if (due === sent) {
        await sleep(1);
        continue;
      }
      const records = payments.slice(sent, due).map(({ payment }, i) => {
        intended.set(payment.transaction_id, start + ((sent + i + 1) * 1_000) / PER_SECOND);
        const key = Buffer.from(payment.customer_id);
        const value = Buffer.from(JSON.stringify(payment));
        return { topic, partition: partitionOf(key, partitions), key, value, headers: [] };
      });
      await producer.send(records);
      sent = due;
    }
  } finally {
    await producer.close();
  }
  await sleep(SETTLE_MS);
  await arrived(stage, output, before, payments.length);
  return intended;
};
