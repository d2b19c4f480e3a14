import { messageOf } from '#kernel';
import type { FollowedTopic } from '#eventlog';
import type { Worker } from './log-transport';
import type { Logger } from './logger';

export interface FleetOptions<State> {
  /** Control topic of the folds; the fleet starts and stops it. */
  readonly control: FollowedTopic<State>;
  /** The workers that should be at work under a control state, by a key that changes only when one must be replaced. */
  readonly desired: (state: State) => ReadonlyMap<string, () => Worker>;
  readonly logger: Logger;
  /** A worker could not start, for good. */
  readonly failed: (key: string, error: unknown) => void;
}

/** One worker for each stream, service or deployment that the control topic names; follows it as it grows. */
export class Fleet<State> implements Worker {
  private readonly members = new Map<string, Worker>();
  private turn: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: FleetOptions<State>) {}

  async start(): Promise<void> {
    await this.options.control.start();
    this.options.control.onChange(() => void this.reconcile());
    await this.reconcile();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.turn;
    await Promise.all([...this.members.values()].map((worker) => worker.stop()));
    this.members.clear();
    await this.options.control.stop();
  }

  status(): Record<string, unknown> {
    return Object.fromEntries([...this.members].map(([key, worker]) => [key, worker.status?.()]));
  }

  member(key: string): Worker | undefined {
    return this.members.get(key);
  }

  /** One change after the other: a worker that is replaced has left before its successor joins. Starts do not wait for each other. */
  private reconcile(): Promise<void> {
    this.turn = this.turn.then(() => this.bringToDesired());
    return this.turn;
  }

  private async bringToDesired(): Promise<void> {
    if (this.stopped) return;
    const desired = this.options.desired(this.options.control.state);
    for (const [key, worker] of this.members) {
      if (desired.has(key)) continue;
      this.members.delete(key);
      await worker
        .stop()
        .catch((error: unknown) =>
          this.options.logger.warn({ key }, `${key} did not stop cleanly: ${messageOf(error)}`),
        );
    }
    for (const [key, make] of desired) {
      if (this.members.has(key) || this.stopped) continue;
      const worker = make();
      this.members.set(key, worker);
      void worker.start().catch((error: unknown) => {
        if (!this.stopped && this.members.get(key) === worker) this.options.failed(key, error);
      });
    }
  }
}
