import { ResettingDetector } from './detector';

export interface EddmOptions {
  /** Nothing is tested up to so many values, nor up to so many errors. */
  readonly warmStart?: number;
  /** Shares of the widest level below which a change is suspected, and certain. */
  readonly alpha?: number;
  readonly beta?: number;
}

/**
 * EDDM (Baena-Garcia and others, "Early drift detection method", 2006), as River 0.26: the distance between errors (mean and two standard deviations)
 * against the widest that it has been; finds slow changes that DDM misses, and raises more false alarms. A warning stays until an
 * error brings the level back.
 */
export class Eddm extends ResettingDetector {
  private n = 0;
  private errors = 0;
  private lastError = 0;
  private mean = 0;
  private squares = 0;
  private widest = -1;

  constructor(private readonly options: EddmOptions = {}) {
    super();
  }

  protected take(error: number): void {
    this.n++;
    if (error !== 1) return;
    const { warmStart = 30, alpha = 0.95, beta = 0.9 } = this.options;
    const distance = this.n - this.lastError;
    this.lastError = this.n;
    this.errors++;
    const before = this.mean;
    this.mean += (1 / this.errors) * (distance - before);
    this.squares += (distance - before) * (distance - this.mean);
    if (this.n <= warmStart) return;
    const level = this.mean + 2 * Math.sqrt(this.errors > 1 ? this.squares / (this.errors - 1) : 0);
    if (level > this.widest) this.widest = level;
    else if (this.errors > warmStart) {
      const share = level / this.widest;
      if (share < beta) this.driftDetected = true;
      else this.warning = share < alpha;
    }
  }

  protected reset(): void {
    [this.n, this.errors, this.lastError, this.mean, this.squares, this.widest] = [0, 0, 0, 0, 0, -1];
  }

  protected save(): number[] {
    return [this.n, this.errors, this.lastError, this.mean, this.squares, this.widest];
  }

  protected load(state: readonly number[]): void {
    [this.n, this.errors, this.lastError, this.mean, this.squares, this.widest] = state as Six;
  }
}

type Six = [number, number, number, number, number, number];
