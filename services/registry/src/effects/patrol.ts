import type { Sleep, Worker } from '#runtime';

/** Looks, waits, and looks again, until it is stopped; a look that is under way is finished. `look` sees to its own failures. */
export class Patrol implements Worker {
  private stopped = false;
  private rounds: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(
    private readonly everyMs: number,
    private readonly sleep: Sleep,
    private readonly look: (isStopped: () => boolean) => Promise<void>,
  ) {}

  start(): Promise<void> {
    this.rounds = this.goRound();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.rounds;
  }

  private async goRound(): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    while (!this.stopped) {
      await this.look(() => this.stopped);
      await Promise.race([this.sleep(this.everyMs), woken]);
    }
  }
}
