import { isPlatformError, sha256 } from '#kernel';
import type { LoadOptions } from '../onnx-model';
import { Scorer, type ScorerLimits, type Tried } from './scorer';

export interface TrialOptions extends ScorerLimits {
  /** Files tried at the same time. */
  readonly atOnce: number;
  readonly script?: string | undefined;
}

/** How long a process that tried a file waits for the next one. */
const IDLE_MS = 3_000;
/** Files that a process tries before another takes its place: ONNX Runtime keeps a little of each. */
const TRIALS_OF_ONE = 50;
/** How long a refusal holds for a file that hung, grew or died: a machine without room may have been the reason. */
const REFUSED_FOR_MS = 5 * 60_000;
const REMEMBERED = 1_000;

/**
 * Every file is first loaded, run and measured in a process that can be killed; what came of it is remembered by the digest of the file.
 * Processes are used again for a moment, so that a series of files does not pay for each start.
 */
export class Trials {
  private readonly known = new Map<string, Promise<Tried>>();
  private readonly idle: {
    readonly scorer: Scorer;
    readonly tried: number;
    readonly timer: NodeJS.Timeout;
  }[] = [];
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;

  constructor(private readonly options: TrialOptions) {}

  /** @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID with the reason. */
  of(bytes: Uint8Array, options: LoadOptions): Promise<Tried> {
    const name = JSON.stringify([sha256(bytes), options.featureCount, options.task]);
    let known = this.known.get(name);
    if (!known) {
      known = this.try(bytes, options);
      this.known.set(name, known);
      known.catch((error: unknown) => this.forget(name, error));
      const [oldest] = this.known.keys();
      if (this.known.size > REMEMBERED && oldest !== undefined) this.known.delete(oldest);
    }
    return known;
  }

  close(): void {
    for (const { scorer, timer } of this.idle.splice(0)) {
      clearTimeout(timer);
      scorer.kill();
    }
  }

  private forget(name: string, error: unknown): void {
    if (isPlatformError(error) && error.disposition === 'refuse')
      setTimeout(() => this.known.delete(name), REFUSED_FOR_MS).unref();
    else this.known.delete(name);
  }

  private async try(bytes: Uint8Array, options: LoadOptions): Promise<Tried> {
    if (this.underWay >= this.options.atOnce)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.underWay++;
    const { scorer, tried } = this.take();
    try {
      return await scorer.load(bytes, options);
    } finally {
      this.giveBack(scorer, tried + 1);
      const next = this.waiting.shift();
      if (next) next();
      else this.underWay--;
    }
  }

  private take(): { readonly scorer: Scorer; readonly tried: number } {
    const idle = this.idle.pop();
    if (idle) clearTimeout(idle.timer);
    if (idle?.scorer.isAlive) return idle;
    return { scorer: new Scorer(this.options, this.options.script, { yields: true }), tried: 0 };
  }

  private giveBack(scorer: Scorer, tried: number): void {
    if (!scorer.isAlive || tried >= TRIALS_OF_ONE) return scorer.kill();
    const timer = setTimeout(() => {
      this.idle.splice(
        this.idle.findIndex((each) => each.scorer === scorer),
        1,
      );
      scorer.kill();
    }, IDLE_MS);
    timer.unref();
    this.idle.push({ scorer, tried, timer });
  }
}
