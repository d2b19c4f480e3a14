import type { Table } from '../report/table';
import type { Stretch } from '../stage/stretch';

const MIB = 1024 * 1024;

/** What each process used, for each event and in all. */
export const usageTable = (title: string, { used, usedFor }: Stretch): Table => ({
  title,
  columns: ['process', 'CPU us/event', 'events/CPU s', 'GC % of CPU', 'peak MiB'],
  rows: [...used].map(([name, { cpuSeconds, gcSeconds, peakBytes }]) => [
    name,
    (cpuSeconds * 1e6) / usedFor,
    cpuSeconds < 0.1 ? null : Math.round(usedFor / cpuSeconds),
    gcSeconds === undefined || cpuSeconds < 0.1 ? null : (gcSeconds * 100) / cpuSeconds,
    peakBytes / MIB,
  ]),
});
