import * as fc from 'fast-check';
import { Ddm } from './ddm';
import type { Detector } from './detector';
import { DETECTOR_NAMES, detectorOf } from './detectors';
import { Eddm } from './eddm';
import { HddmA } from './hddm-a';
import { HddmW } from './hddm-w';
import { Kswin, smirnovEqualSizes, stepsBetween } from './kswin';
import { PageHinkley } from './page-hinkley';

/** Pieces of errors, each with its own rate: short ones, so that there is much to detect. */
const errors = fc
  .array(fc.tuple(fc.double({ min: 0.02, max: 0.98, noNaN: true }), fc.integer({ min: 10, max: 70 })), {
    minLength: 2,
    maxLength: 4,
  })
  .chain((pieces) =>
    fc
      .infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }))
      .map((chances) =>
        pieces.flatMap(([rate, length]) =>
          Array.from({ length }, () => (chances.next().value < rate ? 1 : 0)),
        ),
      ),
  );

const numbers = errors.map((list) => list.map((error, i) => error * 3 + ((i * 7) % 11) / 4));

/** Judged anew from all values since the last detection. */
type Naive = (seen: readonly number[]) => { readonly drift: boolean; readonly warning: boolean };

const expectLike = (make: () => Detector, naive: Naive, stream: fc.Arbitrary<number[]>): void => {
  fc.assert(
    fc.property(stream, (values) => {
      const detector = make();
      let seen: number[] = [];
      for (const value of values) {
        seen.push(value);
        detector.observe(value);
        const { drift, warning } = naive(seen);
        expect([seen.length, detector.driftDetected, detector.warning]).toEqual([
          seen.length,
          drift,
          warning,
        ]);
        if (drift) seen = [];
      }
    }),
    { numRuns: 10 },
  );
};

const mean = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0) / list.length;

/** Values around which rounding decides are none of the property's matter. */
const above = (a: number, b: number): boolean => a > b + 1e-12;

it('Page-Hinkley is the test on the whole history', () => {
  const options = { minInstances: 10, threshold: 6, delta: 0.1, alpha: 0.99 };
  const naive: Naive = (seen) => {
    const sums = (sign: number): number[] => {
      let sum = 0;
      return seen.map((value, i) => {
        sum = options.alpha * sum + (value - mean(seen.slice(0, i + 1))) + sign * options.delta;
        return sum;
      });
    };
    const [down, up] = [sums(-1), sums(1)];
    const rise = down.at(-1)! - Math.min(...down);
    const fall = Math.max(-1, ...up) - up.at(-1)!;
    return { drift: seen.length >= 10 && (rise > 6 || fall > 6), warning: false };
  };
  expectLike(() => new PageHinkley(options), naive, numbers);
});

it('DDM is the test on the whole history', () => {
  const naive: Naive = (seen) => {
    if (seen.length <= 30) return { drift: false, warning: false };
    const levels = seen.map((_, i) => {
      const rate = mean(seen.slice(0, i + 1));
      return { rate, deviation: Math.sqrt((rate * (1 - rate)) / (i + 1)) };
    });
    const tested = levels.slice(30);
    const best = tested.reduce((low, each) =>
      above(each.rate + each.deviation, low.rate + low.deviation) ? low : each,
    );
    const { rate, deviation } = levels.at(-1)!;
    const drift = above(rate + deviation, best.rate + 3 * best.deviation);
    return { drift, warning: !drift && above(rate + deviation, best.rate + 2 * best.deviation) };
  };
  expectLike(() => new Ddm(), naive, errors);
});

it('EDDM is the test on the whole history', () => {
  const naive: Naive = (seen) => {
    const at = seen.flatMap((error, i) => (error === 1 ? [i + 1] : []));
    const distances = at.map((position, i) => position - (at[i - 1] ?? 0));
    let [widest, drift, warning] = [-1, false, false];
    at.forEach((position, i) => {
      if (position <= 30) return;
      const known = distances.slice(0, i + 1);
      const center = mean(known);
      const squares = known.reduce((sum, each) => sum + (each - center) ** 2, 0);
      const level = center + 2 * Math.sqrt(i === 0 ? 0 : squares / i);
      if (above(level, widest)) widest = level;
      else if (i + 1 > 30) {
        drift = !above(level / widest, 0.9 - 2e-12);
        warning = drift ? warning : !above(level / widest, 0.95 - 2e-12);
      }
    });
    return { drift, warning };
  };
  expectLike(() => new Eddm(), naive, errors);
});

it('HDDM-A is the test on the whole history', () => {
  const bound = (n: number): number => Math.sqrt(Math.log(1000) / (2 * n));
  const naive: Naive = (seen) => {
    const n = seen.length;
    const means = seen.map((_, i) => mean(seen.slice(0, i + 1)));
    const cut = means.reduce(
      (best, each, i) => (above(each + bound(i + 1), means[best]! + bound(best + 1)) ? best : i),
      0,
    );
    const differs = (confidence: number): boolean => {
      if (cut + 1 === n) return false;
      const m = (n - cut - 1) / (cut + 1) / n;
      return means[n - 1]! - means[cut]! >= Math.sqrt((m / 2) * Math.log(2 / confidence)) - 1e-12;
    };
    return { drift: differs(0.001), warning: !differs(0.001) && differs(0.005) };
  };
  expectLike(() => new HddmA(), naive, errors);
});

it('HDDM-W is the test on the whole history', () => {
  const lambda = 0.05;
  const weighted = (list: readonly number[]): { mean: number; independence: number } => ({
    mean: list.reduce((sum, each, i) => (i === 0 ? each : lambda * each + (1 - lambda) * sum), 0),
    independence: list.reduce((sum) => lambda * lambda + (1 - lambda) ** 2 * sum, 1),
  });
  const bound = (independence: number, confidence: number): number =>
    Math.sqrt((independence * Math.log(1 / confidence)) / 2);
  const naive: Naive = (seen) => {
    let [cut, lowest] = [0, Infinity];
    seen.forEach((_, i) => {
      const { mean: at, independence } = weighted(seen.slice(0, i + 1));
      const level = at + bound(independence, 0.001);
      if (level < lowest) [cut, lowest] = [i + 1, level];
    });
    const [before, after] = [weighted(seen.slice(0, cut)), weighted(seen.slice(cut))];
    const differs = (confidence: number): boolean =>
      cut < seen.length &&
      after.mean - before.mean > bound(before.independence + after.independence, confidence);
    return { drift: differs(0.001), warning: !differs(0.001) && differs(0.005) };
  };
  expectLike(() => new HddmW(), naive, errors);
});

it('KSWIN compares the latest values with those drawn', () => {
  const draws = (draw: number): number[] => Array.from({ length: 8 }, (_, i) => (draw + 3 * i) % 16);
  fc.assert(
    fc.property(numbers, (values) => {
      const detector = new Kswin({ windowSize: 24, statSize: 8, alpha: 0.05, draws });
      let seen: number[] = [];
      for (const value of values) {
        seen.push(value);
        detector.observe(value);
        const window = seen.slice(-24);
        const steps =
          seen.length < 24
            ? 0
            : stepsBetween(
                draws(seen.length - 24).map((at) => window[at]!),
                window.slice(16),
              );
        expect(detector.driftDetected).toBe(steps > 0.8 && smirnovEqualSizes(8, steps) <= 0.05);
        if (detector.driftDetected) seen = [];
      }
    }),
    { numRuns: 10 },
  );
});

it('knows the distance of two samples, and its chance', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 }),
      (n, pool) => {
        const [left, right] = [pool.slice(0, n), pool.slice(6, 6 + n)];
        const share = (list: readonly number[], value: number): number =>
          list.filter((each) => each <= value).length;
        expect(stepsBetween(left, right)).toBe(
          Math.max(...[...left, ...right].map((value) => Math.abs(share(left, value) - share(right, value)))),
        );
      },
    ),
  );
  // All ways to put 2n different values into two samples.
  for (const n of [1, 2, 3, 5]) {
    const counts = new Array<number>(n + 1).fill(0);
    const walk = (a: number, b: number, most: number): void => {
      if (a === n && b === n) counts[most]!++;
      if (a < n) walk(a + 1, b, Math.max(most, Math.abs(a + 1 - b)));
      if (b < n) walk(a, b + 1, Math.max(most, Math.abs(a - b - 1)));
    };
    walk(0, 0, 0);
    const all = counts.reduce((sum, count) => sum + count, 0);
    for (let steps = 0; steps <= n; steps++)
      expect(smirnovEqualSizes(n, steps)).toBeCloseTo(
        counts.slice(steps).reduce((sum, count) => sum + count, 0) / all,
        12,
      );
  }
});

describe.each(DETECTOR_NAMES)('%s', (name) => {
  it('goes on from its state, through JSON, as if it had never stopped', () => {
    fc.assert(
      fc.property(errors, fc.nat(), (values, at) => {
        const whole = detectorOf(name, undefined, 3);
        let part = detectorOf(name, undefined, 3);
        values.forEach((value, i) => {
          if (i % (1 + (at % 40)) === 0)
            part = detectorOf(name, JSON.parse(JSON.stringify(part)) as number[], 3);
          whole.observe(value);
          part.observe(value);
          expect([part.driftDetected, part.warning]).toEqual([whole.driftDetected, whole.warning]);
        });
        expect(JSON.stringify(part)).toBe(JSON.stringify(whole));
      }),
      { numRuns: 8 },
    );
  });

  it('finds a change, begins anew after it, and passes over what is no number', () => {
    const detector = detectorOf(name, undefined, 3);
    const scale = name === 'page_hinkley' ? 10 : 1;
    let foundAt = -1;
    for (let i = 0; i < 1_500 && foundAt < 0; i++) {
      detector.observe(scale * (i < 600 ? Number(i % 10 === 0) : Number(i % 10 !== 0)));
      detector.observe(Number.NaN);
      if (detector.driftDetected && i >= 600) foundAt = i;
    }
    expect(foundAt).toBeGreaterThanOrEqual(600);
    expect(foundAt).toBeLessThan(800);
    detector.observe(0);
    const begun = detectorOf(name, undefined, 3);
    begun.observe(0);
    expect([detector.driftDetected, detector.toJSON()]).toEqual([false, begun.toJSON()]);
  });
});
