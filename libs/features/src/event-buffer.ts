/**
 * The events of one entity that a window can still reach, in the order of event time, ties in log order. Rows lie in one typed
 * array (time, then one number for each column, NaN for null), so an event costs 8 bytes a cell and no heap object.
 *
 * Indexes are logical: `head <= index < tail`. They stay valid when the array moves or grows; an insertion shifts those behind it.
 */
export class EventBuffer {
  private rows: Float64Array = EMPTY;
  private base = 0;
  head = 0;
  tail = 0;

  constructor(private readonly stride: number) {}

  get length(): number {
    return this.tail - this.head;
  }

  get bytes(): number {
    return this.rows.byteLength;
  }

  time(index: number): number {
    return this.rows[(index - this.base) * this.stride]!;
  }

  value(index: number, column: number): number {
    return this.rows[(index - this.base) * this.stride + 1 + column]!;
  }

  append(time: number, cells: Float64Array): number {
    this.reserve();
    this.write(this.tail, time, cells);
    return this.tail++;
  }

  /** Puts a late event behind all of its own time; gives its index. */
  insert(time: number, cells: Float64Array): number {
    const index = this.firstAfter(time);
    this.reserve();
    const at = (index - this.base) * this.stride;
    this.rows.copyWithin(at + this.stride, at, (this.tail - this.base) * this.stride);
    this.tail += 1;
    this.write(index, time, cells);
    return index;
  }

  /** The first index whose time is after `time`; `tail` if there is none. */
  firstAfter(time: number): number {
    let low = this.head;
    let high = this.tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  dropFirst(): void {
    this.head += 1;
    if (this.head === this.tail) this.rows = EMPTY;
    if (this.rows === EMPTY) this.base = this.head;
  }

  private write(index: number, time: number, cells: Float64Array): void {
    const at = (index - this.base) * this.stride;
    this.rows[at] = time;
    for (let column = 0; column < this.stride - 1; column++) this.rows[at + 1 + column] = cells[column]!;
  }

  /** Makes room for one row: moves the rows down where more than a quarter is free, else to an array half as large again. */
  private reserve(): void {
    const { stride } = this;
    const capacity = this.rows.length / stride;
    if (this.tail - this.base < capacity) return;
    const from = (this.head - this.base) * stride;
    const to = (this.tail - this.base) * stride;
    if (this.length < capacity * 0.75 && this.length >= capacity * 0.25) {
      this.rows.copyWithin(0, from, to);
    } else {
      const larger = new Float64Array(Math.max(4, Math.ceil(this.length * 1.5)) * stride);
      larger.set(this.rows.subarray(from, to));
      this.rows = larger;
    }
    this.base = this.head;
  }
}

const EMPTY = new Float64Array(0);
