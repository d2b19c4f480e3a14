import fc from 'fast-check';
import { BinaryPerformance } from './binary-performance';
import { RegressionPerformance } from './regression-performance';
import { SCORE_BINS, scoreBin } from './score-bins';

type Pair = readonly [score: number, label: boolean];

const score = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1e-4, noNaN: true }),
  fc.float({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.5, 1, 0.25, 0.2500001, 1e-30, 1 - 1e-12),
);
const pairs = fc.array(fc.tuple(score, fc.boolean()), { maxLength: 60 });

/** Pair by pair: the share of (positive, negative) pairs in the right order, ties half. */
const naiveAuc = (rows: readonly Pair[]): number | null => {
  const positives = rows.filter(([, label]) => label);
  const negatives = rows.filter(([, label]) => !label);
  let right = 0;
  for (const [p] of positives) for (const [n] of negatives) right += p > n ? 1 : p === n ? 0.5 : 0;
  return positives.length * negatives.length === 0 ? null : right / (positives.length * negatives.length);
};

/** For each positive, the precision among all rows that score at least as much; then the mean. */
const naiveAveragePrecision = (rows: readonly Pair[]): number | null => {
  const positives = rows.filter(([, label]) => label);
  const precisionFrom = (lowest: number) => {
    const above = rows.filter(([each]) => each >= lowest);
    return above.filter(([, label]) => label).length / above.length;
  };
  return positives.length === 0
    ? null
    : positives.reduce((sum, [p]) => sum + precisionFrom(p), 0) / positives.length;
};

const expectWithin = (actual: number | null, expected: number | null, bound: number | null): void => {
  if (expected === null) expect([actual, bound]).toEqual([null, null]);
  else expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(bound! + 1e-12);
};

const binaryOf = (rows: readonly Pair[], threshold = 0.3): BinaryPerformance => {
  const performance = new BinaryPerformance(threshold);
  for (const [each, label] of rows) performance.observe(each, label);
  return performance;
};

describe('scoreBin', () => {
  it('never orders two scores against their values', () => {
    fc.assert(
      fc.property(score, score, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(scoreBin(low)).toBeLessThanOrEqual(scoreBin(high));
        expect(scoreBin(low)).toBeGreaterThanOrEqual(0);
        expect(scoreBin(high)).toBeLessThan(SCORE_BINS);
      }),
    );
  });

  it('tells scores apart that differ by more than 0.4 % of the way to the nearer end', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -19, max: 0.49, noNaN: true }), (p) => {
        expect(scoreBin(p * 1.004)).toBeGreaterThan(scoreBin(p));
        expect(scoreBin(1 - p * 1.004)).toBeLessThan(scoreBin(1 - p));
      }),
    );
    expect([scoreBin(0), scoreBin(0.5), scoreBin(1), SCORE_BINS]).toEqual([0, 4865, 9730, 9731]);
  });
});

describe('BinaryPerformance', () => {
  it('agrees with naive metrics: exactly, or within the bound that it states', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const { metrics, bounds, decisions } = binaryOf(rows).report();
        expectWithin(metrics.roc_auc, naiveAuc(rows), bounds.roc_auc);
        expectWithin(metrics.average_precision, naiveAveragePrecision(rows), bounds.average_precision);
        const brier = rows.reduce((sum, [p, y]) => sum + (p - Number(y)) ** 2, 0) / rows.length;
        const loss =
          rows.reduce(
            (sum, [p, y]) => sum - Math.log(Math.min(Math.max(y ? p : 1 - p, 2 ** -52), 1 - 2 ** -52)),
            0,
          ) / rows.length;
        if (rows.length > 0) {
          expect(metrics.brier).toBeCloseTo(brier, 12);
          expect(metrics.log_loss).toBeCloseTo(loss, 10);
        } else expect([metrics.brier, metrics.log_loss, metrics.accuracy]).toEqual([null, null, null]);
        expect(decisions).toEqual({
          threshold: 0.3,
          truePositives: rows.filter(([p, y]) => p >= 0.3 && y).length,
          falsePositives: rows.filter(([p, y]) => p >= 0.3 && !y).length,
          trueNegatives: rows.filter(([p, y]) => p < 0.3 && !y).length,
          falseNegatives: rows.filter(([p, y]) => p < 0.3 && y).length,
        });
      }),
    );
  });

  it('is the same, to the byte, in any order, merged from parts, through storage and after corrections', () => {
    fc.assert(
      fc.property(pairs, pairs, pairs, (a, b, corrected) => {
        const whole = JSON.stringify(binaryOf([...a, ...b]));
        const merged = BinaryPerformance.fromJSON(JSON.parse(JSON.stringify(binaryOf([...corrected, ...b]))));
        merged.merge(binaryOf([...a].reverse()));
        for (const [each, label] of corrected) merged.retract(each, label);
        expect(JSON.stringify(merged)).toBe(whole);
        expect(merged.report()).toEqual(binaryOf([...b, ...a]).report());
      }),
    );
  });

  it('keeps scores that are no probabilities apart', () => {
    const performance = binaryOf([
      [Number.NaN, true],
      [1.1, false],
      [-0.1, true],
      [0.4, true],
    ]);
    expect(performance.report()).toMatchObject({
      rows: 1,
      positives: 1,
      invalid: 3,
      metrics: { accuracy: 1, roc_auc: null },
    });
    performance.retract(1.1, false);
    expect(performance.report().invalid).toBe(2);
  });

  it('refuses to merge decisions at different thresholds', () => {
    expect(() => binaryOf([], 0.3).merge(binaryOf([], 0.4))).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_DRIFT_INVALID' }),
    );
  });
});

describe('RegressionPerformance', () => {
  const number = fc.double({ min: -1e4, max: 1e4, noNaN: true });
  const rows = fc.array(fc.tuple(number, number), { maxLength: 60 });
  const regressionOf = (list: readonly (readonly [number, number])[]): RegressionPerformance => {
    const performance = new RegressionPerformance();
    for (const [prediction, label] of list) performance.observe(prediction, label);
    return performance;
  };

  it('agrees with naive metrics', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const { metrics } = regressionOf(list).report();
        const n = list.length;
        if (n === 0) return expect(metrics).toEqual({ rmse: null, mae: null, r2: null });
        const squares = list.reduce((sum, [p, y]) => sum + (p - y) ** 2, 0);
        expect(metrics.rmse! / Math.max(1, Math.sqrt(squares / n))).toBeCloseTo(
          Math.sqrt(squares / n) / Math.max(1, Math.sqrt(squares / n)),
          10,
        );
        expect(metrics.mae).toBeCloseTo(list.reduce((sum, [p, y]) => sum + Math.abs(p - y), 0) / n, 8);
        const mean = list.reduce((sum, [, y]) => sum + y, 0) / n;
        const spread = list.reduce((sum, [, y]) => sum + (y - mean) ** 2, 0);
        if (list.every(([, y]) => y === list[0]![1])) expect(metrics.r2).toBeNull();
        else if (spread > 1)
          expect((metrics.r2! - 1) / Math.max(1, squares / spread)).toBeCloseTo(
            -(squares / spread) / Math.max(1, squares / spread),
            9,
          );
      }),
    );
  });

  it('is the same, to the byte, in any order, merged from parts, through storage and after corrections', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, corrected) => {
        const merged = RegressionPerformance.fromJSON(
          JSON.parse(JSON.stringify(regressionOf([...corrected, ...b]))),
        );
        merged.merge(regressionOf([...a].reverse()));
        for (const [prediction, label] of corrected) merged.retract(prediction, label);
        expect(JSON.stringify(merged)).toBe(JSON.stringify(regressionOf([...a, ...b])));
      }),
    );
  });

  it('keeps apart what is no number', () => {
    const performance = regressionOf([
      [Number.NaN, 1],
      [1, Infinity],
      [1, 2],
    ]);
    expect(performance.report()).toMatchObject({ rows: 1, invalid: 2, metrics: { mae: 1 } });
  });
});
