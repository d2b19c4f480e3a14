/** One vector, named by its trigger: the position that it has whether it was logged or folded again. */
export interface VectorRow {
  readonly partition: number;
  readonly offset: number;
  readonly entity: string;
  readonly eventId: string;
  /** Epoch ms. */
  readonly eventTime: number;
  readonly values: readonly (number | null)[];
}

const BLOCK_ROWS = 8_192;

/**
 * Vectors in columns, in the order in which they are added: (trigger partition, offset). A cell costs eight bytes, an entity its name
 * once; so a million rows of fifteen values take about 200 MB with their ids.
 */
export class VectorTable {
  readonly eventIds: string[] = [];
  readonly times: number[] = [];
  readonly partitions: number[] = [];
  readonly offsets: number[] = [];
  private readonly names: string[] = [];
  private readonly known = new Map<string, number>();
  private readonly entityOf: number[] = [];
  private readonly blocks: Float64Array[] = [];

  /** @param width values of a row. */
  constructor(readonly width: number) {}

  get rows(): number {
    return this.eventIds.length;
  }

  add({ partition, offset, entity, eventId, eventTime, values }: VectorRow): void {
    const row = this.rows;
    if (row % BLOCK_ROWS === 0) this.blocks.push(new Float64Array(BLOCK_ROWS * this.width));
    const block = this.blocks[this.blocks.length - 1]!;
    const at = (row % BLOCK_ROWS) * this.width;
    for (let i = 0; i < this.width; i++) block[at + i] = values[i] ?? NaN;
    this.eventIds.push(eventId);
    this.times.push(eventTime);
    this.partitions.push(partition);
    this.offsets.push(offset);
    let name = this.known.get(entity);
    if (name === undefined) {
      name = this.names.push(entity) - 1;
      this.known.set(entity, name);
    }
    this.entityOf.push(name);
  }

  entity(row: number): string {
    return this.names[this.entityOf[row]!]!;
  }

  value(row: number, column: number): number | null {
    const value = this.blocks[Math.floor(row / BLOCK_ROWS)]![(row % BLOCK_ROWS) * this.width + column]!;
    return value === value ? value : null;
  }

  values(row: number): (number | null)[] {
    return Array.from({ length: this.width }, (_, column) => this.value(row, column));
  }
}
