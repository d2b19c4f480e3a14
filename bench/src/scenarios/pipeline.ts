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
  const tables: Table[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await stage.preload(rows);
    const topicsBefore = await stage.topics();
    const stretch = await runThrough(stage, rows, say);
    stretches.push(stretch);
    await stage.stopServices();
    tables.push(
      usageTable(`what ${rows} events cost (repeat ${repeat} of ${repeats})`, stretch),
      bytesTable(topicsBefore, await stage.topics()),
    );
    const expected = peers.length > 0 ? await expectedOf(stage) : new Map<string, never>();
    for (const peer of peers)
      others.push(await runPeer(bench, stage, { peer, run: String(repeat), expected }));
  }
  const rate = median(stretches.map(({ eventsPerSecond }) => eventsPerSecond));
  const peerRates = peers.map(({ name }) => ({
    name,
    rate: median(
      others.filter(({ peer }) => peer === name).map(({ stretch: { eventsPerSecond } }) => eventsPerSecond),
    ),
  }));
  return {
    figures: {
      events_per_second: rate,
      ...cpuFigures(stretches),
      ...Object.fromEntries(
        peerRates.flatMap((peer) => [
          [`${peer.name}_events_per_second`, peer.rate],
          [`ratio_to_${peer.name}`, rate / peer.rate],
        ]),
      ),
    },
    tables: [
      ...tables,
      {
        title: 'pipeline: from inbox to output, each run',
        columns: ['', 'events', 'seconds', 'events/s', 'CPU us/event', 'peak MiB', 'other than ours'],
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
      ...(peers.length === 0
        ? []
        : [
            {
              title: 'pipeline: playhead beside the others, medians',
              columns: ['', 'events/s', 'playhead is'],
              rows: [
                ['playhead', Math.round(rate), ''],
                ...peerRates.map((peer) => [
                  peer.name,
                  Math.round(peer.rate),
                  `${(rate / peer.rate).toFixed(2)} x`,
                ]),
              ],
            },
          ]),
    ],
  };
};

const MIB = 1024 * 1024;

/** Outputs that are not what our own libraries give: wrong, twice or not there. */
const othersOf = ({ wrongValues, wrongScores, missing, duplicates }: Judgement): number =>
  Math.max(wrongValues, wrongScores) + missing + duplicates;

/** All processes but the broker together. */
const runRow = (
  name: string,
  { count, seconds, eventsPerSecond, used }: Stretch,
  broker: string,
): Table['rows'][number] => {
  const own = [...used].filter(([process]) => process !== broker).map(([, usage]) => usage);
  const sum = (pick: (usage: (typeof own)[number]) => number): number =>
    own.reduce((total, usage) => total + pick(usage), 0);
  return [
    name,
    count,
    seconds,
    Math.round(eventsPerSecond),
    (sum(({ cpuSeconds }) => cpuSeconds) * 1e6) / count,
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
      median(stretches.map(({ used, count }) => ((used.get(name)?.cpuSeconds ?? 0) * 1e6) / count)),
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
