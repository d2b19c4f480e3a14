import { ResettingDetector } from './detector';

export interface DdmOptions {
  /** Nothing is tested up to so many errors and hits. */
  readonly warmStart?: number;
  /** Standard deviations above the best error rate from which a change is suspected, and certain. */
  readonly warningThreshold?: number;
  readonly driftThreshold?: number;
}

/** DDM (Gama and others, "Learning with drift detection", 2004), as River 0.26: the error rate against the lowest that it has been. Sees rising errors only. */
export class Ddm extends ResettingDetector {
  private n = 0;
  private rate = 0;
  private lowestRate = 0;
  private lowestDeviation = 0;
  /** Their sum; nothing lies below before the first test. */
  private lowest = Infinity;

  constructor(private readonly options: DdmOptions = {}) {
    super();
  }

  protected take(error: number): void {
    const { warmStart = 30, warningThreshold = 2, driftThreshold = 3 } = this.options;
    this.n++;
    this.rate += (1 / this.n) * (error - this.rate);
    if (this.n <= warmStart) return;
    const deviation = Math.sqrt((this.rate * (1 - this.rate)) / this.n);
    const level = this.rate + deviation;
    if (level <= this.lowest) {
      this.lowestRate = this.rate;
      this.lowestDeviation = deviation;
      this.lowest = level;
    }
    this.driftDetected = level > this.lowestRate + driftThreshold * this.lowestDeviation;
    this.warning = !this.driftDetected && level > this.lowestRate + warningThreshold * this.lowestDeviation;
  }

  protected reset(): void {
    [this.n, this.rate, this.lowestRate, this.lowestDeviation, this.lowest] = [0, 0, 0, 0, Infinity];
  }

  protected save(): number[] {
    const { n, rate, lowestRate, lowestDeviation, lowest } = this;
    return lowest === Infinity ? [n, rate] : [n, rate, lowestRate, lowestDeviation, lowest];
  }

  protected load([n, rate, lowestRate = 0, lowestDeviation = 0, lowest = Infinity]: readonly number[]): void {
    [this.n, this.rate] = [n!, rate!];
    [this.lowestRate, this.lowestDeviation, this.lowest] = [lowestRate, lowestDeviation, lowest];
  }
}
