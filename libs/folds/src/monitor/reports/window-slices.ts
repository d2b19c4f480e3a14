import type { EventOf, WindowMeasured, WindowProfiled } from '#contracts';
import {
  mergePerformance,
  restorePerformance,
  storePerformance,
  type Performance,
  type StoredPerformance,
} from '../parts/performance-part';
import { addCell, type SliceCell } from '../parts/slice-counts';
import { SliceTable } from '../parts/slice-table';

type ToldCounts = NonNullable<EventOf<typeof WindowProfiled>['slices']>;
type ToldPerformance = NonNullable<EventOf<typeof WindowMeasured>['slices']>;

/** What is known of one value of a field in a window. */
export interface WindowSlice extends SliceCell {
  performance: Performance | null;
}

interface StoredSlice extends SliceCell {
  readonly performance: StoredPerformance | null;
}

export type StoredWindowSlices = readonly (readonly [
  field: string,
  { readonly values: readonly (readonly [string, StoredSlice])[]; readonly others?: StoredSlice },
])[];

const begin = (): WindowSlice => ({ predictions: 0, decided: 0, positives: 0, performance: null });

/** Values of fields in a window: all parts added up. */
export class WindowSlices {
  private readonly tables = new Map<string, SliceTable<WindowSlice>>();

  addCounts(slices: ToldCounts): void {
    for (const { field, values, others } of slices) {
      const table = this.table(field);
      for (const [value, ...counts] of values) addCell(table.of(value), cellOf(counts));
      if (others[0] > 0) addCell(table.rest(), cellOf(others));
    }
  }

  addPerformance(slices: ToldPerformance): void {
    for (const { field, values, others } of slices) {
      const table = this.table(field);
      for (const { value, performance } of values) add(table.of(value), performance);
      if (others) add(table.rest(), others);
    }
  }

  /** By frequency, then by value. */
  of(field: string): {
    readonly values: readonly (readonly [string, WindowSlice])[];
    readonly others: WindowSlice;
  } {
    const table = this.tables.get(field);
    return {
      values: table?.mostFrequent(({ predictions }) => predictions) ?? [],
      others: table?.others ?? begin(),
    };
  }

  toJSON(): StoredWindowSlices {
    const store = ({ performance, ...cell }: WindowSlice): StoredSlice => ({
      ...cell,
      performance: performance && storePerformance(performance),
    });
    return [...this.tables].map(([field, table]) => {
      const { values, others } = table.toJSON();
      const stored = values.map(([value, cell]) => [value, store(cell)] as const);
      return [field, { values: stored, ...(others && { others: store(others) }) }];
    });
  }

  static fromJSON(stored: StoredWindowSlices): WindowSlices {
    const slices = new WindowSlices();
    const restore = ({ performance, ...cell }: StoredSlice): WindowSlice => ({
      ...cell,
      performance: performance && restorePerformance(performance),
    });
    for (const [field, { values, others }] of stored) {
      const restored = values.map(([value, cell]) => [value, restore(cell)] as const);
      slices.tables.set(field, SliceTable.from(begin, restored, others && restore(others)));
    }
    return slices;
  }

  private table(field: string): SliceTable<WindowSlice> {
    let table = this.tables.get(field);
    if (!table) this.tables.set(field, (table = new SliceTable(begin)));
    return table;
  }
}

const cellOf = ([predictions, decided, positives]: readonly [number, number, number]): SliceCell => ({
  predictions,
  decided,
  positives,
});

const add = (slice: WindowSlice, stored: StoredPerformance): void => {
  const part = restorePerformance(stored);
  if (slice.performance) mergePerformance(slice.performance, part);
  else slice.performance = part;
};
