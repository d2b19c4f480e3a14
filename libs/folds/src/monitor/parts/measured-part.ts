import type { EventOf, WindowMeasured } from '#contracts';
import { extended, isoWindow, type Watched } from '../event-window';
import {
  beginPerformance,
  countPair,
  mergePerformance,
  restorePerformance,
  storePerformance,
  type MeasuredTask,
  type Performance,
  type StoredPerformance,
} from './performance-part';
import { SliceTable } from './slice-table';

/** Realised performance of one value of a field. */
interface SlicePerformance {
  readonly performance: Performance;
  /** Pairs that were added or taken back: how often it was spoken of. */
  touched: number;
}

interface StoredSlice {
  readonly performance: StoredPerformance;
  readonly touched: number;
}

export interface StoredMeasuredPart {
  readonly watched: Watched;
  readonly performance: StoredPerformance;
  readonly slices?: readonly (readonly [
    field: string,
    { readonly values: readonly (readonly [string, StoredSlice])[]; readonly others?: StoredSlice },
  ])[];
}

/** What labels change in what is known of one window, or of the part of one that a chunk is. */
export class MeasuredPart {
  readonly performance: Performance;
  private readonly slices = new Map<string, SliceTable<SlicePerformance>>();

  constructor(
    public watched: Watched,
    private readonly task: MeasuredTask,
    performance: Performance = beginPerformance(task, watched.threshold),
  ) {
    this.performance = performance;
  }

  count(
    time: number,
    score: number | null,
    label: number,
    change: 'observe' | 'retract',
    slices: Readonly<Record<string, string>> | undefined,
  ): void {
    if (this.watched.chunk !== undefined)
      this.watched = { ...this.watched, window: extended(this.watched.window, time) };
    countPair(this.performance, score, label, change);
    for (const field in slices) {
      const cell = this.table(field).of(slices[field]!);
      countPair(cell.performance, score, label, change);
      cell.touched++;
    }
  }

  toFact(deployment: string): EventOf<typeof WindowMeasured> {
    const { version, threshold, window, chunk } = this.watched;
    const merge = (into: SlicePerformance, part: SlicePerformance): void => {
      mergePerformance(into.performance, part.performance);
      into.touched += part.touched;
    };
    const slices = [...this.slices].map(([field, table]) => {
      const { values, others } = table.told(({ touched }) => touched, merge);
      return {
        field,
        values: values.map(([value, { performance }]) => ({
          value,
          performance: storePerformance(performance),
        })),
        others: others ? storePerformance(others.performance) : null,
      };
    });
    return {
      deployment,
      version,
      threshold,
      window: isoWindow(window),
      ...(chunk !== undefined && { chunk }),
      performance: storePerformance(this.performance),
      ...(slices.length > 0 && { slices }),
    };
  }

  toJSON(): StoredMeasuredPart {
    const store = ({ performance, touched }: SlicePerformance): StoredSlice => ({
      performance: storePerformance(performance),
      touched,
    });
    const slices = [...this.slices].map(([field, table]) => {
      const { values, others } = table.toJSON();
      const stored = values.map(([value, cell]) => [value, store(cell)] as const);
      return [field, { values: stored, ...(others && { others: store(others) }) }] as const;
    });
    return {
      watched: this.watched,
      performance: storePerformance(this.performance),
      ...(slices.length > 0 && { slices }),
    };
  }

  static fromJSON(
    { watched, performance, slices = [] }: StoredMeasuredPart,
    task: MeasuredTask,
  ): MeasuredPart {
    const part = new MeasuredPart(watched, task, restorePerformance(performance));
    const restore = (stored: StoredSlice): SlicePerformance => ({
      performance: restorePerformance(stored.performance),
      touched: stored.touched,
    });
    for (const [field, { values, others }] of slices) {
      const restored = values.map(([value, cell]) => [value, restore(cell)] as const);
      part.slices.set(field, SliceTable.from(part.beginSlice, restored, others && restore(others)));
    }
    return part;
  }

  private table(field: string): SliceTable<SlicePerformance> {
    let table = this.slices.get(field);
    if (!table) this.slices.set(field, (table = new SliceTable(this.beginSlice)));
    return table;
  }

  private readonly beginSlice = (): SlicePerformance => ({
    performance: beginPerformance(this.task, this.watched.threshold),
    touched: 0,
  });
}
