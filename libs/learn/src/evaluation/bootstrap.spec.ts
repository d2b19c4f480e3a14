import { Rng } from '#kernel';
import { bootstrapIntervals, pairedDifferences, quantile } from './bootstrap';
import { compileMeasure } from './measure';

const options = { resamples: 400, confidence: 0.95, seed: 1 };

it('takes quantiles as numpy does', () => {
  // np.quantile([1, 2, 4, 8, 16], [.025, .5, .975])
  const values = Float64Array.of(1, 2, 4, 8, 16);
  expect([0.025, 0.5, 0.975].map((share) => quantile(values, share))).toEqual([
    expect.closeTo(1.1, 12),
    4,
    expect.closeTo(15.2, 12),
  ]);
});

it('covers the true value about as often as it says', () => {
  // The mean of |error| of an exponential-like error: 0.5 for a uniform one in [0, 1).
  const rng = new Rng(11);
  let covered = 0;
  for (let trial = 0; trial < 100; trial++) {
    const scores = Float64Array.from({ length: 60 }, () => rng.uniform());
    const measure = compileMeasure('regression', { labels: new Float64Array(60), scores, outputs: 1 }, [
      { metric: 'mae' },
    ]);
    const [interval] = bootstrapIntervals(measure, { resamples: 100, confidence: 0.9, seed: trial });
    if (interval!.low <= 0.5 && interval!.high >= 0.5) covered++;
  }
  // Three standard deviations of a binomial share of 0.9.
  expect(Math.abs(covered / 100 - 0.9)).toBeLessThan(3 * Math.sqrt((0.9 * 0.1) / 100));
});

it('has no interval where most samples have no value', () => {
  const labels = Float64Array.of(0, 0, 0, 0, 0, 0, 0, 1);
  const scored = { labels, scores: labels, outputs: 1 };
  const measure = compileMeasure('binary', scored, [{ metric: 'roc_auc' }, { metric: 'brier' }]);
  expect(bootstrapIntervals(measure, options)).toEqual([null, { low: 0, high: 0 }]);
});

it('is narrower for a difference on the same rows than for the two beside each other', () => {
  const rng = new Rng(5);
  const labels = Float64Array.from({ length: 300 }, () => (rng.uniform() < 0.3 ? 1 : 0));
  const scores = labels.map((label) => label * 0.4 + rng.uniform());
  const nearly = scores.map((score) => score + 0.05 * rng.uniform());
  const [a, b] = [scores, nearly].map((each) =>
    compileMeasure('binary', { labels, scores: each, outputs: 1 }, [{ metric: 'roc_auc' }]),
  );
  const [alone] = bootstrapIntervals(a!, options);
  const [paired] = pairedDifferences(a!, b!, options);
  expect(paired!.high - paired!.low).toBeLessThan((alone!.high - alone!.low) / 3);
  expect(() =>
    pairedDifferences(
      a!,
      compileMeasure('binary', { labels: labels.slice(1), scores: scores.slice(1), outputs: 1 }, []),
      options,
    ),
  ).toThrow('300 rows cannot be paired with 299');
});
