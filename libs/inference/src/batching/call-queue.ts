/** A call that waits for its scores, or is being scored. */
export interface Call {
  readonly matrix: Float32Array;
  readonly rows: number;
  /** `performance.now()` when it came. */
  readonly since: number;
  resolve(scored: Scored): void;
  reject(error: unknown): void;
  /** Takes back timer and listener of its limits. */
  forget: (() => void) | undefined;
  /** Answered, with scores or an error: whatever comes later is nobody's. */
  isOver: boolean;
  previous: Call | undefined;
  next: Call | undefined;
}

/** What a call is answered with. */
export interface Scored {
  /** [rows, outputs] row after row; a view of what the whole batch was answered. */
  readonly values: Float32Array;
  /** From the call to the start of its batch. */
  readonly queueNs: number;
  /** Of the whole batch that it was in. */
  readonly computeNs: number;
  /** Rows of that batch. */
  readonly batchRows: number;
}

/** First in, first out, and out of the middle in one step: linked through the calls themselves, so that waiting allocates nothing. */
export class CallQueue {
  private head: Call | undefined;
  private tail: Call | undefined;
  private waiting = 0;

  /** Rows of all calls in it. */
  get rows(): number {
    return this.waiting;
  }

  get first(): Call | undefined {
    return this.head;
  }

  push(call: Call): void {
    call.previous = this.tail;
    if (this.tail) this.tail.next = call;
    else this.head = call;
    this.tail = call;
    this.waiting += call.rows;
  }

  /** Only for a call that is in it. */
  remove(call: Call): void {
    const { previous, next } = call;
    if (previous) previous.next = next;
    else this.head = next;
    if (next) next.previous = previous;
    else this.tail = previous;
    call.previous = call.next = undefined;
    this.waiting -= call.rows;
  }
}
