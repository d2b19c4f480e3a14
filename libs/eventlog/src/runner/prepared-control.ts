import { PlatformError, TransientFailure } from '#kernel';
import { untilAvailable } from '../read';
import type { RunnerOptions } from './options';

/** How long a control position that was refused is not tried again. */
const REFUSED_FOR_MS = 30_000;
/** How long a round waits for a new control position before it goes on under the one before. */
const MOMENT_MS = 1_000;

type Parts<State, Control> = Pick<RunnerOptions<State, Control>, 'control' | 'fold' | 'sleep' | 'observer'>;

interface Attempt {
  readonly position: number;
  outcome: 'under way' | 'done' | 'refused';
}

/**
 * Which control positions a fold was prepared for. What is new is decided under the newest one that it was; each output names the position that it was
 * decided under, so that a later one may wait.
 */
export class PreparedControl<State, Control> {
  private last = Number.NaN;
  private taken = Number.NaN;
  private attempt: Attempt | undefined;

  constructor(
    private readonly parts: Parts<State, Control>,
    /** Told of errors that are neither a refusal nor transient. */
    private readonly halt: (error: unknown) => void,
    private readonly name: string,
  ) {}

  /**
   * The newest control position to decide under. One that `prepare` refuses, or is not through with within a moment, waits: until then it is the
   * one before.
   */
  async newest(): Promise<number> {
    const { control, fold } = this.parts;
    const { position } = control;
    if (!fold.prepare || Number.isNaN(this.last) || position === this.taken) return (this.taken = position);
    if (this.attempt?.position !== position) {
      await within(MOMENT_MS, this.begin((this.attempt = { position, outcome: 'under way' })));
    }
    if (this.attempt?.position === position && this.attempt.outcome === 'done') {
      this.attempt = undefined;
      this.last = this.taken = position;
    }
    return this.taken;
  }

  /** @throws TransientFailure where the position is refused: whoever must decide under it tries again. */
  async ensure(position: number): Promise<void> {
    if (this.last !== position)
      await this.prepare(position).catch((error: unknown) => {
        throw isRefusal(error) ? new TransientFailure(error.code, error.message, { cause: error }) : error;
      });
    this.last = position;
  }

  private prepare(position: number): Promise<void> {
    const { control, fold, sleep, observer } = this.parts;
    return untilAvailable(
      () => fold.prepare?.(control.at(position), position) ?? Promise.resolve(),
      sleep,
      (error) => observer?.retrying?.(error.message),
    );
  }

  private async begin(attempt: Attempt): Promise<void> {
    try {
      await this.prepare(attempt.position);
      attempt.outcome = 'done';
    } catch (error) {
      if (!isRefusal(error)) return this.halt(error);
      attempt.outcome = 'refused';
      this.parts.observer?.log?.(
        'error',
        `${this.name}: control position ${attempt.position} is not taken, ${this.taken} goes on: ${error.message}`,
      );
      const again = (): void => {
        if (this.attempt === attempt) this.attempt = undefined;
      };
      setTimeout(again, REFUSED_FOR_MS).unref();
    }
  }
}

export const isRefusal = (error: unknown): error is PlatformError =>
  error instanceof PlatformError && error.disposition === 'refuse';

const within = async (ms: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
};
