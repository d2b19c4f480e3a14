import type { TopicStatus } from '../../../cli/src/platform/status';
import { median } from '../report/statistics';
import type { Table } from '../report/table';
import type { Findings, Workbench } from '../scenario';
import { ROAD, type Stage } from '../stage/stage';
import { measureStretch, type Stretch } from '../stage/stretch';
import { usageTable } from './usage-table';

/** All that is ready before the first event goes; ingestion comes last, so that nobody's start is in the time. */
const BEHIND_INGESTION = ['registry', 'training', 'monitoring', 'serving', 'feature'] as const;

/** From inbox to prediction with all six services, over a preloaded inbox. */
export const pipeline = async ({ rows, repeats, say, stage: stageWith }: Workbench): Promise<Findings> => {
  const stage = await stageWith(rows * repeats);
  const stretches: Stretch[] = [];
  const tables: Table[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await stage.preload(rows);
    const topicsBefore = await stage.topics();
    const stretch = await runThrough(stage, rows, say);
    stretches.push(stretch);
    tables.push(
      usageTable(`pipeline ${repeat} of ${repeats}: what ${rows} events cost`, stretch),
      bytesTable(topicsBefore, await stage.topics()),
    );
    await stage.stopServices();
  }
  const rate = median(stretches.map(({ eventsPerSecond }) => eventsPerSecond));
  return {
    figures: { events_per_second: rate, ...cpuFigures(stretches) },
    tables: [
      {
        title: 'pipeline: inbox to prediction, three hops',
        columns: ['repeat', 'events', 'seconds', 'events/s'],
        rows: stretches.map(({ count, seconds, eventsPerSecond }, i) => [
          String(i + 1),
          count,
          seconds,
          Math.round(eventsPerSecond),
        ]),
      },
      ...tables,
    ],
  };
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
