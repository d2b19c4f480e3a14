/** Values of a field that are counted apart, the first to come; and those told of a part, the most frequent. */
const KEPT_VALUES = 1_000;
const TOLD_VALUES = 200;

export interface SliceTold<Cell> {
  /** By value. */
  readonly values: readonly (readonly [value: string, cell: Cell])[];
  readonly others: Cell | undefined;
}

/**
 * A cell for each value of a field. A field of at most 200 values is counted exactly, however its rows are spread; of more, those that
 * came first or are most frequent in a part stand apart, and the others are counted together.
 */
export class SliceTable<Cell> {
  private readonly cells = new Map<string, Cell>();
  others: Cell | undefined;

  constructor(private readonly begin: () => Cell) {}

  of(value: string): Cell {
    let cell = this.cells.get(value);
    if (cell) return cell;
    if (this.cells.size >= KEPT_VALUES) return this.rest();
    this.cells.set(value, (cell = this.begin()));
    return cell;
  }

  rest(): Cell {
    return (this.others ??= this.begin());
  }

  /** The most frequent by `rows`, then by value. */
  mostFrequent(rows: (cell: Cell) => number): (readonly [string, Cell])[] {
    return [...this.cells].sort(([a, x], [b, y]) => rows(y) - rows(x) || (a < b ? -1 : 1));
  }

  /** What is told of a part. `merge` adds a cell to another. */
  told(rows: (cell: Cell) => number, merge: (into: Cell, part: Cell) => void): SliceTold<Cell> {
    const all = this.mostFrequent(rows);
    const shown = all.slice(0, TOLD_VALUES).sort(([a], [b]) => (a < b ? -1 : 1));
    if (all.length <= TOLD_VALUES) return { values: shown, others: this.others };
    const others = this.begin();
    for (const [, cell] of all.slice(TOLD_VALUES)) merge(others, cell);
    if (this.others) merge(others, this.others);
    return { values: shown, others };
  }

  /** By value. */
  entries(): SliceTold<Cell> {
    return { values: [...this.cells].sort(([a], [b]) => (a < b ? -1 : 1)), others: this.others };
  }

  /** Keeps their order of arrival, which decides who comes to stand apart. */
  toJSON(): { readonly values: readonly (readonly [string, Cell])[]; readonly others?: Cell } {
    return { values: [...this.cells], ...(this.others && { others: this.others }) };
  }

  static from<Cell>(
    begin: () => Cell,
    values: Iterable<readonly [string, Cell]>,
    others: Cell | undefined,
  ): SliceTable<Cell> {
    const table = new SliceTable(begin);
    for (const [value, cell] of values) table.cells.set(value, cell);
    table.others = others;
    return table;
  }
}
