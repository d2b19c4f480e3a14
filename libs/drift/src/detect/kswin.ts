import { Refused, Rng } from '#kernel';
import { ResettingDetector } from './detector';

export interface KswinOptions {
  /** The chance of a false alarm at one test; there is one at each value, so alarms without a change are frequent. */
  readonly alpha?: number;
  readonly windowSize?: number;
  /** The latest values, and as many drawn from those before them. */
  readonly statSize?: number;
  readonly seed?: number;
  /** Positions to draw instead of by the seed, for comparisons: those of the draw of this number since the beginning. */
  readonly draws?: (draw: number) => readonly number[];
}

/**
 * KSWIN (Raab, Heusinger and Schleif, "Reactive soft prototype computing for concept drift streams", 2020), as River 0.26: the latest 30 of 100 values
 * against 30 drawn from the others by an exact two-sided Kolmogorov-Smirnov test, and a statistic above 0.1. Draws come from a seeded
 * generator, which begins again after a detection.
 */
export class Kswin extends ResettingDetector {
  private readonly windowSize: number;
  private readonly statSize: number;
  private readonly seed: number;
  /** From so many of the `statSize` steps between the two distributions on, they differ. */
  private readonly least: number;
  private readonly draws: KswinOptions['draws'];
  private window: number[] = [];
  private rng: Rng;
  private drawn = 0;

  constructor({ alpha = 0.005, windowSize = 100, statSize = 30, seed = 0, draws }: KswinOptions = {}) {
    super();
    if (!(statSize >= 1 && 2 * statSize <= windowSize))
      throw new Refused(
        'PLAYHEAD_DRIFT_INVALID',
        `${statSize} of ${windowSize} values: half at most are needed`,
      );
    this.windowSize = windowSize;
    this.statSize = statSize;
    this.seed = seed;
    this.draws = draws;
    this.rng = new Rng(seed);
    this.least = leastSteps(statSize, alpha);
  }

  protected take(value: number): void {
    if (this.window.push(value) > this.windowSize) this.window.shift();
    if (this.window.length < this.windowSize) return;
    const older = this.windowSize - this.statSize;
    const drawn = this.positions(older).map((position) => this.window[position]!);
    this.driftDetected = stepsBetween(drawn, this.window.slice(older)) >= this.least;
  }

  private positions(of: number): readonly number[] {
    const draw = this.drawn++;
    if (this.draws) return this.draws(draw);
    const left = Array.from({ length: of }, (_, position) => position);
    for (let i = 0; i < this.statSize; i++) {
      const at = i + this.rng.below(of - i);
      [left[i], left[at]] = [left[at]!, left[i]!];
    }
    return left.slice(0, this.statSize);
  }

  protected reset(): void {
    this.window = [];
    this.rng = new Rng(this.seed);
    this.drawn = 0;
  }

  protected save(): number[] {
    return [this.drawn, ...this.rng.state(), ...this.window];
  }

  protected load([drawn, a, b, c, d, ...window]: readonly number[]): void {
    this.drawn = drawn!;
    this.rng = Rng.at([a!, b!, c!, d!]);
    this.window = window;
  }
}

/** The Kolmogorov-Smirnov statistic of two samples of equal size, times that size: a whole number. */
export const stepsBetween = (left: readonly number[], right: readonly number[]): number => {
  const [a, b] = [ascending(left), ascending(right)];
  let [i, j, most] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    most = Math.max(most, Math.abs(i - j));
  }
  return most;
};

/** By insertion: samples are small. */
const ascending = (values: readonly number[]): number[] => {
  const sorted = values.slice();
  for (let i = 1; i < sorted.length; i++) {
    const value = sorted[i]!;
    let at = i;
    while (at > 0 && sorted[at - 1]! > value) sorted[at] = sorted[--at]!;
    sorted[at] = value;
  }
  return sorted;
};

/** The chance that two samples of `n` values from one continuous distribution are `steps` or more apart (Gnedenko and Korolyuk, 1951). */
export const smirnovEqualSizes = (n: number, steps: number): number => {
  if (steps <= 0) return 1;
  let outside = 0;
  for (let k = Math.floor(n / steps); k >= 1; k--) {
    let paths = 1;
    for (let j = 0; j < steps; j++) paths *= (n - (k - 1) * steps - j) / (n + (k - 1) * steps + j + 1);
    outside = paths * (1 - outside);
  }
  return Math.min(1, 2 * outside);
};

const leastSteps = (n: number, alpha: number): number => {
  let steps = Math.floor(n / 10) + 1;
  while (steps <= n && smirnovEqualSizes(n, steps) > alpha) steps++;
  return steps;
};
