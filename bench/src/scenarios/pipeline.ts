import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS } from '#contracts';
import { TransientFailure } from '#kernel';
import type { TopicStatus } from '../../../cli/src/platform/status';
import type { Judgement } from '../peer-check';
import { median } from '../report/statistics';
import type { Table } from '../report/table';
import type { Findings, Workbench } from '../scenario';
import { ROAD, type Stage } from '../stage/stage';
import { measureStretch, type Stretch } from '../stage/stretch';
import { buildPeers, expectedOf, runPeer, type PeerStretch } from './peer-runs';
import { usageTable } from './usage-table';

/** All that is ready before the first event goes; ingestion comes last, so that nobody's start is in the time. */
const BEHIND_INGESTION = ['registry', 'training', 'monitoring', 'serving', 'feature'] as const;

/** From inbox to prediction with all six services over a preloaded inbox; then the peers, one after the other, over the same one. */
export const pipeline = async (bench: Workbench): Promise<Findings> => {
  const { rows, repeats, say } = bench;
  const peers = await buildPeers(bench);
  const stage = await bench.stage(rows * repeats);
  const stretches: Stretch[] = [];
  const others: PeerStretch[] = [];
  const behind: number[] = [];
  const tables: Table[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await stage.preload(rows);
    const topicsBefore = await stage.topics();
    const monitoredBefore = await stage.count(MONITORED);
    const stretch = await runThrough(stage, rows, say);
    stretches.push(stretch);
    behind.push(await secondsUntil(async () => (await stage.count(MONITORED)) >= monitoredBefore + rows));
    await stage.stopServices();
    tables.push(
      usageTable(`what ${rows} events cost (repeat ${repeat} of ${repeats})`, stretch),
      bytesTable(topicsBefore, await stage.topics()),
    );
    const expected = peers.length > 0 ? await expectedOf(stage) : new Map<string, never>();
    for (const peer of peers)
      others.push(await runPeer(bench, stage, { peer, run: String(repeat), expected }));
  }
  const own = rateOf(stretches);
  const peerRates = peers.map(({ name }) => ({
    name,
    rate: rateOf(others.filter(({ peer }) => peer === name).map(({ stretch }) => stretch)),
  }));
  return {
    figures: {
      events_per_second: own,
      monitoring_seconds_behind: median(behind),
      ...cpuFigures(stretches),
      ...Object.fromEntries(
        peerRates.flatMap((peer) => [
          [`${peer.name}_events_per_second`, peer.rate],
          [`ratio_to_${peer.name}`, own / peer.rate],
        ]),
      ),
    },
    tables: [
      ...tables,
      {
        title: 'pipeline: from inbox to output, each run',
        columns: ['', 'events', 'events/s', 'seconds', 'CPU us/event', 'peak MiB', 'other than ours'],
        rows: [
          ...stretches.map((stretch) => [
            ...runRow('playhead (three hops, six services)', stretch, 'broker'),
            null,
          ]),
          ...others.map(({ peer, stretch, judgement }) => [
            ...runRow(`${peer} (one hop)`, stretch, 'broker'),
            othersOf(judgement),
          ]),
        ],
      },
      {
        title: 'monitoring gives way while the machine is full (docs/adr/0017)',
        columns: ['run', 'seconds until it had folded the last prediction'],
        rows: behind.map((seconds, run) => [run + 1, seconds]),
      },
      ...(peers.length === 0
        ? []
        : [
            {
              title: 'pipeline: playhead beside the others, medians',
              columns: ['', 'events/s', 'playhead is'],
              rows: [
                ['playhead', Math.round(own), ''],
                ...peerRates.map((peer) => [
                  peer.name,
                  Math.round(peer.rate),
                  `${(own / peer.rate).toFixed(2)} x`,
                ]),
              ],
            },
          ]),
    ],
  };
};

const rateOf = (stretches: readonly Stretch[]): number =>
  median(stretches.map(({ rate }) => rate.eventsPerSecond));

/** One record for each prediction that monitoring has folded, and some for labels and ticks. */
const MONITORED = TOPICS.deploymentInputs('fraud');
const CATCHING_UP_MS = 120_000;

const secondsUntil = async (done: () => Promise<boolean>): Promise<number> => {
  const began = Date.now();
  while (!(await done())) {
    if (Date.now() - began > CATCHING_UP_MS)
      throw new TransientFailure('PLAYHEAD_NOT_READY', 'monitoring has not caught up within two minutes');
    await sleep(50);
  }
  return (Date.now() - began) / 1_000;
};

const MIB = 1024 * 1024;

/** Outputs that are not what our own libraries give: wrong, twice or not there. */
const othersOf = ({ wrongValues, wrongScores, missing, duplicates }: Judgement): number =>
  Math.max(wrongValues, wrongScores) + missing + duplicates;

/** All processes but the broker together. */
const runRow = (
  name: string,
  { count, rate, usedFor, used }: Stretch,
  broker: string,
): Table['rows'][number] => {
  const own = [...used].filter(([process]) => process !== broker).map(([, usage]) => usage);
  const sum = (pick: (usage: (typeof own)[number]) => number): number =>
    own.reduce((total, usage) => total + pick(usage), 0);
  return [
    name,
    count,
    Math.round(rate.eventsPerSecond),
    rate.seconds,
    (sum(({ cpuSeconds }) => cpuSeconds) * 1e6) / usedFor,
    sum(({ peakBytes }) => peakBytes) / MIB,
  ];
};

const runThrough = async (stage: Stage, count: number, say: (line: string) => void): Promise<Stretch> => {
  await stage.startServices(BEHIND_INGESTION);
  return measureStretch(stage, {
    first: ROAD.observations,
    last: ROAD.predictions,
    count,
    start: () => stage.startServices(['ingestion']),
    say,
  });
};

const cpuFigures = (stretches: readonly Stretch[]): Record<string, number> => {
  const names = [...stretches[0]!.used.keys()];
  return Object.fromEntries(
    names.map((name) => [
      `${name}_cpu_us_per_event`,
      median(stretches.map(({ used, usedFor }) => ((used.get(name)?.cpuSeconds ?? 0) * 1e6) / usedFor)),
    ]),
  );
};

const bytesTable = (
  before: ReadonlyMap<string, TopicStatus>,
  after: ReadonlyMap<string, TopicStatus>,
): Table => ({
  title: 'bytes a record on disk',
  columns: ['topic', 'records', 'bytes/record'],
  rows: Object.values(ROAD).map((name) => {
    // The inbox was preloaded before: all that it holds.
    const from = name === ROAD.inbox ? undefined : before.get(name);
    const to = after.get(name)!;
    const records = to.records - (from?.records ?? 0);
    return [
      name,
      records,
      to.bytes === undefined ? null : Math.round((to.bytes - (from?.bytes ?? 0)) / records),
    ];
  }),
});
