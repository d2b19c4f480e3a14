import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { messageOf } from '#kernel';
import type { Logger } from './logger';

/** Something that works on the log in the background: a runner, a supervisor of runners, a followed topic, a projection. */
export interface Worker {
  /** Resolves when it is at work; waits for as long as its dependencies are away. */
  start(): Promise<void>;
  /** Finishes what is in hand, commits, and ends. Also called while `start` is pending. */
  stop(): Promise<void>;
  /** Plain data for `/health/ready` and for people. */
  status?(): unknown;
}

type Phase = 'waiting' | 'starting' | 'running' | 'stopping' | 'stopped';

/**
 * Nest's life cycle bound to the log through our own strategy, not through Nest's Kafka transport (architecture.md section 7):
 * `listen` starts the workers that the service has registered, all at once, and `close` drains them, the last registered first.
 */
export class LogTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('playhead-log');
  private readonly workers: { readonly name: string; readonly worker: Worker }[] = [];
  private phase: Phase = 'waiting';
  private closing: Promise<void> | undefined;
  private announce!: (failure: WorkerFailure) => void;
  /** Resolves when a worker cannot go on; the process should say so and exit. */
  readonly failed = new Promise<WorkerFailure>((resolve) => (this.announce = resolve));

  constructor(private readonly log: Logger) {
    super();
  }

  /** Called by a service's module before the application listens; a worker added later is started at once. */
  add(name: string, worker: Worker): void {
    this.workers.push({ name, worker });
    if (this.phase === 'starting' || this.phase === 'running') void this.startOne(name, worker);
  }

  /** A worker stopped for ever: a rewritten log, a lost group, a defect twice. */
  fail(worker: string, error: unknown): void {
    this.log.error({ worker, err: error }, `${worker} cannot go on: ${messageOf(error)}`);
    this.announce({ worker, error });
  }

  /** What each worker says of itself. */
  statuses(): Record<string, unknown> {
    return Object.fromEntries(
      this.workers.map(({ name, worker }) => [name, worker.status?.() ?? this.phase]),
    );
  }

  /** Throws until every worker is at work. */
  assertRunning(): void {
    if (this.phase !== 'running') throw new Error(`the workers on the log are ${this.phase}`);
  }

  listen(callback: (error?: unknown) => void): void {
    this.phase = 'starting';
    callback();
    void Promise.all([...this.workers].map(({ name, worker }) => this.startOne(name, worker))).then(() => {
      if (this.phase === 'starting') this.phase = 'running';
    });
  }

  close(): Promise<void> {
    this.closing ??= this.drain();
    return this.closing;
  }

  on(): void {
    throw new Error('the log transport has no events; look at its workers');
  }

  unwrap<T>(): T {
    return this.workers as T;
  }

  private async startOne(name: string, worker: Worker): Promise<void> {
    try {
      await worker.start();
    } catch (error) {
      if (this.phase !== 'stopping' && this.phase !== 'stopped') this.fail(name, error);
    }
  }

  private async drain(): Promise<void> {
    this.phase = 'stopping';
    for (const { name, worker } of [...this.workers].reverse()) {
      try {
        await worker.stop();
      } catch (error) {
        this.log.error({ worker: name, err: error }, `${name} did not stop cleanly: ${messageOf(error)}`);
      }
    }
    this.phase = 'stopped';
  }
}

export interface WorkerFailure {
  readonly worker: string;
  readonly error: unknown;
}
