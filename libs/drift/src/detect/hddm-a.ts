import { log } from '#kernel';
import { ResettingDetector } from './detector';

export interface HddmAOptions {
  /** The chance of a false alarm, and of a false suspicion, at one test. */
  readonly driftConfidence?: number;
  readonly warningConfidence?: number;
}

/**
 * HDDM-A (Frias-Blanco and others, "Online and non-parametric drift detection methods based on Hoeffding's bounds", 2015), as River 0.26: the mean
 * of all values against the mean up to the best cut. Sees rising errors only. The values lie in [0, 1].
 */
export class HddmA extends ResettingDetector {
  private n = 0;
  private mean = 0;
  /** Values up to the cut, and their mean. */
  private cut = 0;
  private cutMean = 0;

  constructor(private readonly options: HddmAOptions = {}) {
    super();
  }

  protected take(value: number): void {
    const { driftConfidence = 0.001, warningConfidence = 0.005 } = this.options;
    this.n++;
    this.mean += (1 / this.n) * (value - this.mean);
    const bound = (n: number): number => Math.sqrt((1 / (2 * n)) * log(1 / driftConfidence));
    if (this.cut === 0 || this.cutMean + bound(this.cut) >= this.mean + bound(this.n))
      [this.cut, this.cutMean] = [this.n, this.mean];
    this.driftDetected = this.hasRisen(driftConfidence);
    this.warning = !this.driftDetected && this.hasRisen(warningConfidence);
  }

  private hasRisen(confidence: number): boolean {
    if (this.cut === this.n) return false;
    const m = ((this.n - this.cut) / this.cut) * (1 / this.n);
    return this.mean - this.cutMean >= Math.sqrt((m / 2) * log(2 / confidence));
  }

  protected reset(): void {
    [this.n, this.mean, this.cut, this.cutMean] = [0, 0, 0, 0];
  }

  protected save(): number[] {
    return [this.n, this.mean, this.cut, this.cutMean];
  }

  protected load([n, mean, cut, cutMean]: readonly number[]): void {
    [this.n, this.mean, this.cut, this.cutMean] = [n!, mean!, cut!, cutMean!];
  }
}
