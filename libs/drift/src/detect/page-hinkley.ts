import { ResettingDetector } from './detector';

export interface PageHinkleyOptions {
  /** No change is told of before so many values. */
  readonly minInstances?: number;
  /** Deviations from the mean up to this one count as none. */
  readonly delta?: number;
  /** How far the sum of deviations may go from its extreme, in units of the value. */
  readonly threshold?: number;
  /** What is kept of the sum at each value. */
  readonly alpha?: number;
}

/**
 * The Page-Hinkley test (Page, "Continuous inspection schemes", 1954) on both sides, as River 0.26: sums of deviations from the running mean, which
 * includes the value itself, against their extremes. The threshold is in units of the values: 50 suits values of about 1 or more.
 */
export class PageHinkley extends ResettingDetector {
  private n = 0;
  private mean = 0;
  private increase = 0;
  private decrease = 0;
  private lowest = Infinity;
  private highest = -1;

  constructor(private readonly options: PageHinkleyOptions = {}) {
    super();
  }

  protected take(value: number): void {
    const { minInstances = 30, delta = 0.005, threshold = 50, alpha = 1 - 0.0001 } = this.options;
    this.n++;
    this.mean += (1 / this.n) * (value - this.mean);
    const deviation = value - this.mean;
    this.increase = alpha * this.increase + deviation - delta;
    this.decrease = alpha * this.decrease + deviation + delta;
    if (this.increase < this.lowest) this.lowest = this.increase;
    if (this.decrease > this.highest) this.highest = this.decrease;
    if (this.n < minInstances) return;
    this.driftDetected = this.increase - this.lowest > threshold || this.highest - this.decrease > threshold;
  }

  protected reset(): void {
    [this.n, this.mean, this.increase, this.decrease, this.lowest, this.highest] = [0, 0, 0, 0, Infinity, -1];
  }

  protected save(): number[] {
    const { n, mean, increase, decrease, lowest, highest } = this;
    return n === 0 ? [] : [n, mean, increase, decrease, lowest, highest];
  }

  protected load(state: readonly number[]): void {
    this.reset();
    if (state.length > 0)
      [this.n, this.mean, this.increase, this.decrease, this.lowest, this.highest] = state as Six;
  }
}

type Six = [number, number, number, number, number, number];
