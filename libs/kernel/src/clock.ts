/** The clock is a parameter (law L5): only `main.ts` meets the real one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A clock that a test moves. */
export class MovableClock implements Clock {
  constructor(private ms = 0) {}
  now(): number {
    return this.ms;
  }
  advance(ms: number): void {
    this.ms += ms;
  }
  set(ms: number): void {
    this.ms = ms;
  }
}
