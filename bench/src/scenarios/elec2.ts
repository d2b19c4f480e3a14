import { elec2 as run, elec2Table } from '../../learn/elec2';
import { readElec2 } from '../../learn/elec2-stream';
import type { Findings, Workbench } from '../scenario';

export const elec2 = ({ rows, say }: Workbench): Promise<Findings> => {
  const results = run(readElec2().slice(0, rows), (name) => say(`elec2: ${name}`));
  const figures = results.flatMap(({ name, all, rowsPerCpuSecond }) => {
    const word = name.replace(/[^a-z0-9]+/gi, '_').toLowerCase();
    return [
      [`${word}_accuracy`, all.accuracy],
      [`${word}_rows_per_cpu_second`, rowsPerCpuSecond],
    ] as const;
  });
  return Promise.resolve({ figures: Object.fromEntries(figures), tables: [elec2Table(results)] });
};
