import type { Table } from '../report/table';
import type { Findings, Workbench } from '../scenario';
import { ROAD } from '../stage/stage';
import { measureStretch, type Stretch } from '../stage/stretch';
import { median } from '../report/statistics';
import { usageTable } from './usage-table';

const HOPS = [
  { service: 'ingestion', output: ROAD.observations },
  { service: 'feature', output: ROAD.vectors },
  { service: 'serving', output: ROAD.predictions },
] as const;

type Service = (typeof HOPS)[number]['service'];

/** Each service alone on the same records, one after the other; time from its first to its last new output. */
export const services = async ({ rows, repeats, say, stage: stageWith }: Workbench): Promise<Findings> => {
  const stage = await stageWith(rows * repeats);
  const stretches: { readonly service: Service; readonly stretch: Stretch }[] = [];
  const tables: Table[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await stage.preload(rows);
    for (const { service, output } of HOPS) {
      const stretch = await measureStretch(stage, {
        first: output,
        last: output,
        count: rows,
        start: () => stage.startServices([service]),
        say,
      });
      stretches.push({ service, stretch });
      tables.push(usageTable(`${service} alone, ${repeat} of ${repeats}`, stretch));
      await stage.stopServices();
    }
  }
  const medianOf = (service: Service, pick: (stretch: Stretch) => number): number =>
    median(stretches.filter((each) => each.service === service).map(({ stretch }) => pick(stretch)));
  const summary = HOPS.map(({ service }) => ({
    service,
    rate: medianOf(service, ({ rate }) => rate.eventsPerSecond),
    perCore: medianOf(
      service,
      ({ used, usedFor }) => usedFor / (used.get(service)?.cpuSeconds ?? Number.NaN),
    ),
  }));
  return {
    figures: Object.fromEntries(
      summary.flatMap(({ service, rate, perCore }) => [
        [`${service}_events_per_second`, rate],
        [`${service}_events_per_cpu_second`, perCore],
      ]),
    ),
    tables: [
      {
        title: 'services: each alone',
        columns: ['service', 'events/s', 'events/s a core'],
        rows: summary.map(({ service, rate, perCore }) => [service, Math.round(rate), Math.round(perCore)]),
      },
      ...tables,
    ],
  };
};
