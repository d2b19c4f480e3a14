import type { Table } from '../../src/report/table';
import type { Taken } from './measure';
import type { PartyDoor } from './parties';

export interface Cell extends Taken {
  readonly rows: number;
  readonly connections: number;
}

/** What was measured at one door. */
export interface DoorFigures {
  readonly party: string;
  readonly kind: PartyDoor['kind'];
  readonly door: string;
  readonly rssBytes: number;
  readonly cells: readonly Cell[];
}

/** At a fixed rate. */
export interface OpenFigures extends Pick<DoorFigures, 'party' | 'kind' | 'door'> {
  readonly taken: Taken;
}

export interface LoggedFigures {
  readonly logging: string;
  /** By number of connections. */
  readonly closed: readonly Taken[];
  readonly open: Taken;
}

const ms = (value: number): string => value.toFixed(2);

const rounded = (value: number | undefined): number | null =>
  value === undefined ? null : Math.round(value);

/** One row for each server, door and size of request. `figures` begin with ours. */
export const doorsTable = (figures: readonly DoorFigures[], connections: readonly number[]): Table => {
  const cellOf = (door: DoorFigures, rows: number, of: number): Cell | undefined =>
    door.cells.find((cell) => cell.rows === rows && cell.connections === of);
  const most = Math.max(...connections);
  const sizes = [...new Set(figures.flatMap(({ cells }) => cells.map(({ rows }) => rows)))];
  const kinds = [...new Set(figures.map(({ kind }) => kind))];
  const rows = kinds.flatMap((kind) =>
    sizes.flatMap((size) => {
      const doors = figures.filter((door) => door.kind === kind);
      const ours = doors.find(({ party }) => party === figures[0]?.party);
      const best = ours && cellOf(ours, size, most);
      return doors.map((door) => {
        const last = cellOf(door, size, most);
        return [
          door.party,
          door.door,
          size,
          ...connections.flatMap((each) => {
            const cell = cellOf(door, size, each);
            return [rounded(cell?.rate), cell ? `${ms(cell.p50)} / ${ms(cell.p99)}` : null];
          }),
          last ? last.cpuMs.toFixed(3) : null,
          Math.round(door.rssBytes / 2 ** 20),
          best && last ? (best.rate / last.rate).toFixed(2) : null,
        ];
      });
    }),
  );
  return {
    title: 'serving: the same model file, one server after the other',
    columns: [
      'server',
      'door',
      'rows',
      ...connections.flatMap((each) => [`requests/s, ${each} conn.`, 'p50 / p99 ms']),
      'CPU ms/request',
      'MiB',
      'times',
    ],
    rows,
  };
};

export const openLoopTable = (open: readonly OpenFigures[], rate: number): Table => ({
  title: `serving: ${rate} requests/s, open loop, single rows`,
  columns: ['server', 'door', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'CPU ms/request'],
  rows: open.map(({ party, door, taken }) => [
    party,
    door,
    ms(taken.p50),
    ms(taken.p99),
    ms(taken.p999),
    ms(taken.max),
    taken.cpuMs.toFixed(3),
  ]),
});

export const loggingTable = (
  runs: readonly LoggedFigures[],
  connections: readonly number[],
  rate: number,
): Table => ({
  title: 'serving: requests on the log, single rows over REST',
  columns: [
    'logging',
    ...connections.flatMap((each) => [`requests/s, ${each} conn.`, 'p50 / p99 ms']),
    `p50 / p99 ms at ${rate}/s`,
  ],
  rows: runs.map(({ logging, closed, open }) => [
    logging,
    ...closed.flatMap((taken) => [Math.round(taken.rate), `${ms(taken.p50)} / ${ms(taken.p99)}`]),
    `${ms(open.p50)} / ${ms(open.p99)}`,
  ]),
});
