import { log } from '#kernel';
import { ResettingDetector } from './detector';

export interface HddmWOptions {
  /** The chance of a false alarm, and of a false suspicion, at one test. */
  readonly driftConfidence?: number;
  readonly warningConfidence?: number;
  /** Weight of the newest value. */
  readonly lambda?: number;
}

/** An exponentially weighted mean, and what McDiarmid's bound needs of its weights. */
type Weighted = [seen: number, mean: number, independence: number];

/**
 * HDDM-W (Frias-Blanco and others, 2015), as River 0.26: exponentially weighted means before and after the best cut, by McDiarmid's bound; quicker
 * than HDDM-A at gradual changes. Sees rising errors only. The values lie in [0, 1].
 */
export class HddmW extends ResettingDetector {
  private total: Weighted = fresh();
  private before: Weighted = fresh();
  private after: Weighted = fresh();
  private cut = Infinity;

  constructor(private readonly options: HddmWOptions = {}) {
    super();
  }

  protected take(value: number): void {
    const { driftConfidence = 0.001, warningConfidence = 0.005, lambda = 0.05 } = this.options;
    this.total = next(this.total, value, lambda);
    const highest = this.total[1] + bound(this.total[2], driftConfidence);
    if (highest < this.cut) {
      this.cut = highest;
      this.before = [...this.total];
      this.after = fresh();
    } else this.after = next(this.after, value, lambda);
    this.driftDetected = this.hasRisen(driftConfidence);
    this.warning = !this.driftDetected && this.hasRisen(warningConfidence);
  }

  private hasRisen(confidence: number): boolean {
    const [seenBefore, meanBefore, independenceBefore] = this.before;
    const [seenAfter, meanAfter, independenceAfter] = this.after;
    if (seenBefore === 0 || seenAfter === 0) return false;
    return meanAfter - meanBefore > bound(independenceBefore + independenceAfter, confidence);
  }

  protected reset(): void {
    [this.total, this.before, this.after, this.cut] = [fresh(), fresh(), fresh(), Infinity];
  }

  protected save(): number[] {
    return this.cut === Infinity ? [] : [...this.total, ...this.before, ...this.after, this.cut];
  }

  protected load(state: readonly number[]): void {
    this.reset();
    if (state.length === 0) return;
    this.total = state.slice(0, 3) as Weighted;
    this.before = state.slice(3, 6) as Weighted;
    this.after = state.slice(6, 9) as Weighted;
    this.cut = state[9]!;
  }
}

const fresh = (): Weighted => [0, 0, 1];

const next = ([seen, mean, independence]: Weighted, value: number, lambda: number): Weighted => [
  1,
  seen === 0 ? value : lambda * value + (1 - lambda) * mean,
  lambda * lambda + (1 - lambda) * (1 - lambda) * independence,
];

const bound = (independence: number, confidence: number): number =>
  Math.sqrt((independence * log(1 / confidence)) / 2);
