import { erf, exp, log, type Rng } from '#kernel';
import type { Axis } from './space';

/** One bump of the density: where it stands on each axis, and how wide it is there (choices have no width). */
interface Kernel {
  readonly weight: number;
  readonly centre: readonly number[];
  readonly width: readonly number[];
  /** Logarithm of what lies in [0, 1] on each axis: what the bump is cut off to. */
  readonly inside: readonly number[];
}

/** How much the prior, one wide bump in the middle, counts beside the points. */
const PRIOR = 1;
/** The newest points count fully; older ones the less, the older they are. */
const FULL_WEIGHTS = 25;

/**
 * A density over some axes: the mixture of one truncated normal for each point and a flat-ish prior (Bergstra et al., 2011, with the
 * widths of hyperopt and Optuna: on one axis the distance to the farther neighbour; on several, Scott's rule). A choice is a weighted
 * count. Axes within one estimator are dependent: a kernel is drawn as a whole.
 */
export class ParzenEstimator {
  private readonly kernels: readonly Kernel[];

  /** `points`, oldest first, have a coordinate for each axis. */
  constructor(
    private readonly axes: readonly Axis[],
    points: readonly (readonly number[])[],
  ) {
    const weights = weightsOf(points.length);
    const widths = axes.map((axis, i) =>
      axis.isChoice
        ? []
        : widthsOf(
            points.map((point) => point[i]!),
            axes.length,
          ),
    );
    const total = weights.reduce((sum, weight) => sum + weight, PRIOR);
    const kernel = (weight: number, centre: readonly number[], width: readonly number[]): Kernel => ({
      weight: weight / total,
      centre,
      width,
      inside: axes.map(({ isChoice }, i) => (isChoice ? 0 : log(normalMass(0, 1, centre[i]!, width[i]!)))),
    });
    this.kernels = [
      ...points.map((centre, k) =>
        kernel(
          weights[k]!,
          centre,
          widths.map((width) => width[k] ?? 0),
        ),
      ),
      kernel(
        PRIOR,
        axes.map(({ isChoice }) => (isChoice ? -1 : 0.5)),
        axes.map(() => 1),
      ),
    ];
  }

  draw(rng: Rng): readonly number[] {
    const kernel = this.kernelAt(rng.uniform());
    return this.axes.map((axis, i) => {
      const centre = kernel.centre[i]!;
      return axis.isChoice
        ? this.drawChoice(axis.size, centre, rng)
        : drawNormal(centre, kernel.width[i]!, rng);
    });
  }

  /** Up to a constant that does not depend on the points. */
  logDensity(point: readonly number[]): number {
    const cells = this.axes.map((axis, i) => axis.cellAt(point[i]!));
    return logSumExp(
      this.kernels.map(({ weight, centre, width, inside }) =>
        this.axes.reduce(
          (sum, axis, i) =>
            sum +
            (axis.isChoice
              ? log(this.probabilityOf(axis.size, centre[i]!, point[i]!))
              : logNormal(cells[i]!, centre[i]!, width[i]!) - inside[i]!),
          log(weight),
        ),
      ),
    );
  }

  private kernelAt(share: number): Kernel {
    let left = share;
    for (const kernel of this.kernels) {
      left -= kernel.weight;
      if (left < 0) return kernel;
    }
    return this.kernels[this.kernels.length - 1]!;
  }

  /** Of `choice` under a kernel that stands on `centre` (-1: on none). */
  private probabilityOf(size: number, centre: number, choice: number): number {
    const even = PRIOR / this.kernels.length;
    return centre < 0 ? 1 / size : (even + Number(choice === centre)) / (1 + size * even);
  }

  private drawChoice(size: number, centre: number, rng: Rng): number {
    let left = rng.uniform();
    for (let choice = 0; choice < size - 1; choice++) {
      left -= this.probabilityOf(size, centre, choice);
      if (left < 0) return choice;
    }
    return size - 1;
  }
}

const weightsOf = (points: number): number[] => {
  const ramp = Math.max(0, points - FULL_WEIGHTS);
  return Array.from({ length: points }, (_, i) =>
    i >= ramp ? 1 : ramp === 1 ? 1 / points : 1 / points + ((1 - 1 / points) * i) / (ramp - 1),
  );
};

/** Never narrower than this: a bump that is too narrow proposes the same again and again. */
const leastWidth = (points: number): number => 1 / Math.min(100, points + 2);

const widthsOf = (centres: readonly number[], axes: number): number[] => {
  const least = leastWidth(centres.length);
  if (axes > 1) {
    // Scott's rule on [0, 1]: 0.2 n^(-1 / (d + 4)).
    const width = 0.2 * exp(-log(Math.max(1, centres.length)) / (axes + 4));
    return centres.map(() => Math.max(least, width));
  }
  // The prior stands among its neighbours.
  const order = [...centres, 0.5]
    .map((centre, k) => ({ centre, k }))
    .sort((a, b) => a.centre - b.centre || a.k - b.k);
  const widths = centres.map(() => 0);
  order.forEach(({ centre, k }, i) => {
    const left = centre - (order[i - 1]?.centre ?? 0);
    const right = (order[i + 1]?.centre ?? 1) - centre;
    if (k < centres.length) widths[k] = Math.min(1, Math.max(least, left, right));
  });
  return widths;
};

const ROOT_HALF = Math.SQRT1_2;

/** Probability that a normal lies in [from, to]. */
const normalMass = (from: number, to: number, centre: number, width: number): number =>
  0.5 * (erf(((to - centre) / width) * ROOT_HALF) - erf(((from - centre) / width) * ROOT_HALF));

const logNormal = ([from, to]: readonly [number, number], centre: number, width: number): number => {
  if (from < to) return log(Math.max(Number.MIN_VALUE, normalMass(from, to, centre, width)));
  const z = (from - centre) / width;
  return -0.5 * z * z - log(width);
};

/** In [0, 1], by Marsaglia's polar method; a centre inside and a width up to 1 are met at least every third time. */
const drawNormal = (centre: number, width: number, rng: Rng): number => {
  for (;;) {
    const u = 2 * rng.uniform() - 1;
    const v = 2 * rng.uniform() - 1;
    const s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const x = centre + width * u * Math.sqrt((-2 * log(s)) / s);
    if (x >= 0 && x <= 1) return x;
  }
};

const logSumExp = (terms: readonly number[]): number => {
  const most = Math.max(...terms);
  return most + log(terms.reduce((sum, term) => sum + exp(term - most), 0));
};
