/** Keeps work at or below a rate; without one it waits for nothing. */
export class Pace {
  private since = Date.now();
  private spent = 0;

  constructor(
    /** Per second. */
    private readonly rate: number | undefined,
    private readonly sleep: (ms: number) => Promise<void>,
  ) {}

  async spend(count: number): Promise<void> {
    if (this.rate === undefined) return;
    this.spent += count;
    const early = (this.spent / this.rate) * 1_000 - (Date.now() - this.since);
    if (early > 5) await this.sleep(early);
  }
}
