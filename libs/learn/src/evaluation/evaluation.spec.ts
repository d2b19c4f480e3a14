import { calibrationCurve } from './calibration';
import { cheapestThreshold } from './cost-threshold';
import { fairnessBy } from './fairness';
import { rollingOrigins, shuffledFolds, timeFolds } from './folds';
import { groupNumbers, groupTexts } from './grouping';
import { sliceMetrics } from './slices';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

describe('a calibration curve', () => {
  const labels = of(0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1);
  const probabilities = of(0.05, 0.12, 0.18, 0.22, 0.35, 0.41, 0.41, 0.55, 0.63, 0.68, 0.87, 0.99);

  // calibration_curve(y, p, n_bins=4, strategy='uniform' | 'quantile') of scikit-learn 1.9.1
  it.each([
    ['width', [0.25, 2 / 3, 2 / 3, 1], [0.1425, 0.39, 0.62, 0.93]],
    ['count', [1 / 3, 0.5, 1, 2 / 3], [0.11666666666666665, 0.3475, 0.59, 0.8466666666666667]],
  ] as const)('with bins of equal %s equals scikit-learn', (by, observed, predicted) => {
    const { bins, error } = calibrationCurve(labels, probabilities, { bins: 4, by });
    expect(bins.map((bin) => bin.observed)).toEqual(observed.map((each) => expect.closeTo(each, 14)));
    expect(bins.map((bin) => bin.predicted)).toEqual(predicted.map((each) => expect.closeTo(each, 14)));
    const mean = bins.reduce((sum, bin) => sum + (bin.rows / 12) * Math.abs(bin.observed - bin.predicted), 0);
    expect(error).toBeCloseTo(mean, 14);
  });

  it('is empty without rows', () => {
    expect(calibrationCurve(of(), of(), { by: 'count' })).toEqual({ bins: [], error: null });
  });
});

describe('the cheapest threshold', () => {
  const labels = of(1, 0, 1, 0, 0);
  const scores = of(0.9, 0.6, 0.4, 0.2, 0.1);

  it('weighs both errors', () => {
    expect(cheapestThreshold(labels, scores, { falsePositive: 1, falseNegative: 10 })).toEqual({
      threshold: 0.4,
      cost: 0.2,
      calibrated: 1 / 11,
      costCalibrated: 0.6,
      costOfNone: 4,
      costOfAll: 0.6,
    });
    expect(cheapestThreshold(labels, scores, { falsePositive: 3, falseNegative: 2 })).toMatchObject({
      threshold: 0.9,
      cost: 0.4,
    });
  });

  it('may be to decide nothing positive', () => {
    expect(cheapestThreshold(of(0, 1), of(0.9, 0.1), { falsePositive: 5, falseNegative: 1 })).toMatchObject({
      threshold: null,
      cost: 0.5,
    });
    expect(cheapestThreshold(of(), of(), { falsePositive: 1, falseNegative: 1 })).toBeNull();
  });
});

describe('fairness', () => {
  const groups = groupTexts([...'aaaabbbbbccc']);
  const labels = of(1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1);
  const scores = of(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1);

  it('equals Fairlearn', () => {
    // MetricFrame, demographic_parity_difference and _ratio, equal_opportunity_difference, equalized_odds_difference of Fairlearn 0.15.0
    expect(fairnessBy(groups, labels, scores, { threshold: 0.5 })).toEqual({
      groups: [
        { value: 'a', rows: 4, selectionRate: 0.5, truePositiveRate: 2 / 3, falsePositiveRate: 0 },
        { value: 'b', rows: 5, selectionRate: 0.6, truePositiveRate: 0.5, falsePositiveRate: 2 / 3 },
        { value: 'c', rows: 3, selectionRate: 2 / 3, truePositiveRate: 1, falsePositiveRate: 0 },
      ],
      small: 0,
      demographicParity: { value: expect.closeTo(0.16666666666666663, 14) as number, between: ['a', 'c'] },
      disparateImpact: { value: expect.closeTo(0.75, 14) as number, between: ['a', 'c'] },
      equalOpportunity: { value: 0.5, between: ['b', 'c'] },
      equalisedOdds: 2 / 3,
    });
  });

  it('compares with the reference alone where there is one, and leaves small groups out', () => {
    const byB = fairnessBy(groups, labels, scores, { threshold: 0.5, reference: 'b' });
    expect(byB.demographicParity).toEqual({ value: expect.closeTo(0.1, 14) as number, between: ['a', 'b'] });
    const large = fairnessBy(groups, labels, scores, { threshold: 0.5, minRows: 4 });
    expect([large.groups.map(({ value }) => value), large.small]).toEqual([['a', 'b'], 1]);
  });

  it('has nothing to compare with one group, or where nobody is selected', () => {
    const one = fairnessBy(groupTexts(['a', 'a']), of(0, 1), of(0, 1), { threshold: 0.5 });
    expect([one.demographicParity, one.disparateImpact, one.equalOpportunity, one.equalisedOdds]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    const none = fairnessBy(groupTexts(['a', 'b']), of(0, 1), of(0, 0), { threshold: 0.5 });
    expect([none.demographicParity!.value, none.disparateImpact]).toEqual([0, null]);
  });
});

describe('folds', () => {
  it('in time are those of TimeSeriesSplit where all times differ', () => {
    const times = Float64Array.from({ length: 11 }, (_, row) => row);
    expect(timeFolds(times, 3).map(({ train, test }) => [train.length, [...test]])).toEqual([
      [5, [5, 6]],
      [7, [7, 8]],
      [9, [9, 10]],
    ]);
  });

  it('in time keep rows of one time together, and leave a gap', () => {
    const times = of(0, 10, 20, 20, 20, 30, 40, 40);
    expect(timeFolds(times, 3, 10).map(({ train, test }) => [[...train], [...test]])).toEqual([
      [[0], [2, 3, 4, 5]],
      [
        [0, 1, 2, 3, 4],
        [6, 7],
      ],
    ]);
  });

  it('roll: each origin learns all before it, and the last one is the split by time', () => {
    const times = of(0, 10, 20, 30, 40, 50);
    const folds = rollingOrigins(times, { origins: 3, horizonMs: 15, gapMs: 5 });
    expect(folds.map(({ train, test, after }) => [after, [...train], [...test]])).toEqual([
      [5, [0], [1, 2]],
      [20, [0, 1], [3]],
      [35, [0, 1, 2, 3], [4, 5]],
    ]);
    expect(rollingOrigins(times, { origins: 9, horizonMs: 15 })).toHaveLength(3);
  });

  it('shuffled judge each row once, an entity on one side', () => {
    const units = Uint32Array.from({ length: 40 }, (_, row) => row % 7);
    const folds = shuffledFolds(units, 3, 1);
    expect(folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual([...units.keys()]);
    for (const { train, test } of folds) {
      const seen = new Set(Array.from(train, (row) => units[row]));
      expect([...test].some((row) => seen.has(units[row]))).toBe(false);
      expect(train.length + test.length).toBe(40);
    }
    expect(shuffledFolds(units, 3, 1)).toEqual(folds);
    expect(shuffledFolds(units, 3, 2)).not.toEqual(folds);
  });
});

describe('slices', () => {
  it('have the metrics of their rows, the largest first; small ones are counted', () => {
    const labels = of(1, 0, 1, 0, 1, 0);
    const scores = of(0.9, 0.1, 0.2, 0.8, 0.5, 0.5);
    const sliced = sliceMetrics(
      'binary',
      { labels, scores, outputs: 1 },
      groupTexts(['x', 'x', 'y', 'y', 'y', null]),
      { minRows: 2 },
    );
    expect(sliced.small).toEqual({ values: 1, rows: 1 });
    expect(
      sliced.slices.map(({ value, rows, label, metrics }) => [value, rows, label, metrics.roc_auc]),
    ).toEqual([
      ['y', 3, 2 / 3, 0],
      ['x', 2, 0.5, 1],
    ]);
  });

  it('of a number are its values where there are few, else ranges of as many rows', () => {
    expect(groupNumbers(of(1, 0, 1, NaN))).toEqual({
      values: ['1', '0', 'missing'],
      codes: Uint32Array.of(0, 1, 0, 2),
    });
    const many = groupNumbers(Float64Array.from({ length: 101 }, (_, row) => row));
    expect([...many.values]).toEqual(['below 20', '[20, 40)', '[40, 60)', '[60, 80)', 'from 80']);
    const counts = many.values.map((_, code) => many.codes.filter((each) => each === code).length);
    expect(counts).toEqual([20, 20, 20, 20, 21]);
  });
});
