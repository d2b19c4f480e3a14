import { SliceTable } from './slice-table';

/** Of one value of a field. */
export interface SliceCell {
  predictions: number;
  decided: number;
  positives: number;
}

export type ToldSlices = {
  field: string;
  values: [string, number, number, number][];
  others: [number, number, number];
}[];

const emptyCell = (): SliceCell => ({ predictions: 0, decided: 0, positives: 0 });

export const addCell = (into: SliceCell, { predictions, decided, positives }: SliceCell): void => {
  into.predictions += predictions;
  into.decided += decided;
  into.positives += positives;
};

/** Predictions and decisions by the values of some fields. */
export class SliceCounts {
  private constructor(private readonly tables: ReadonlyMap<string, SliceTable<SliceCell>>) {}

  static of(fields: readonly string[]): SliceCounts {
    return new SliceCounts(new Map(fields.map((field) => [field, new SliceTable(emptyCell)])));
  }

  /** `values` in the order of the fields. */
  observe(values: readonly string[], decision: boolean | undefined): void {
    let at = 0;
    for (const table of this.tables.values()) {
      const cell = table.of(values[at++]!);
      cell.predictions++;
      if (decision !== undefined) cell.decided++;
      if (decision === true) cell.positives++;
    }
  }

  told(): ToldSlices {
    return [...this.tables].map(([field, table]) => {
      const { values, others } = table.told(({ predictions }) => predictions, addCell);
      return {
        field,
        values: values.map(([value, cell]) => [value, cell.predictions, cell.decided, cell.positives]),
        others: [others?.predictions ?? 0, others?.decided ?? 0, others?.positives ?? 0],
      };
    });
  }

  toJSON(): unknown {
    return [...this.tables];
  }

  static fromJSON(stored: StoredSliceCounts): SliceCounts {
    return new SliceCounts(
      new Map(
        stored.map(([field, { values, others }]) => [field, SliceTable.from(emptyCell, values, others)]),
      ),
    );
  }
}

export type StoredSliceCounts = readonly (readonly [
  string,
  { readonly values: readonly (readonly [string, SliceCell])[]; readonly others?: SliceCell },
])[];
