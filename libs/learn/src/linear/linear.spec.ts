import { sha256 } from '#kernel';
import type { DataSet } from '../data-set';
import { awkwardData } from '../trainer.conformance';
import { linear } from './linear';
import { logistic } from './logistic';

/** One column with gaps, one constant, one of large values. */
const columns = [
  Float64Array.from({ length: 24 }, (_, i) => ((i * 7) % 24) / 4),
  Float64Array.from({ length: 24 }, (_, i) => (i % 5 === 0 ? NaN : ((i * i) % 13) - 6)),
  new Float64Array(24).fill(3),
  Float64Array.from({ length: 24 }, (_, i) => (i % 2) * 1000),
];
const featureNames = ['a', 'gaps', 'constant', 'large'];
const binary: DataSet = {
  featureNames,
  columns,
  labels: Float64Array.from({ length: 24 }, (_, i) => ((i * 5) % 7 > 3 ? 1 : 0)),
};
const numeric: DataSet = {
  featureNames,
  columns,
  labels: Float64Array.from({ length: 24 }, (_, i) => 2 * columns[0]![i]! - 0.01 * columns[3]![i]! + (i % 3)),
};
const firstRowsAndAllMissing = Float32Array.from([
  ...[0, 1, 2, 3].flatMap((i) => columns.map((c) => c[i]!)),
  NaN,
  NaN,
  NaN,
  NaN,
]);

/** scikit-learn 1.9.1: SimpleImputer, StandardScaler, then LogisticRegression(C=1/l2) or Ridge(alpha=l2). */
describe('linear models equal scikit-learn', () => {
  it.each([
    [
      1,
      [0.6719536026166892, 0.5808424897653816, 0.35976968759298006, 0.1992376885564909, 0.4073347452046839],
    ],
    [
      0.1,
      [0.7127346186183398, 0.6148642000633006, 0.34592260591715945, 0.16707234489594927, 0.403363411233715],
    ],
  ])('logistic, l2 %d', (l2, expected) => {
    const answers = logistic.fit(binary, { l2 }, { task: 'binary', seed: 0 }).predict(firstRowsAndAllMissing);
    expected.forEach((value, row) => expect(answers[row]).toBeCloseTo(value, 7));
  });

  it.each([
    [1, [0.9123940910458295, -5.040211832872297, 7.856113430182335, 1.4893274663253688, 1.75]],
    [0.1, [0.8681684467861794, -5.3259046692362375, 8.093894901606017, 1.495899511679303, 1.75]],
  ])('linear, l2 %d', (l2, expected) => {
    const answers = linear
      .fit(numeric, { l2 }, { task: 'regression', seed: 0 })
      .predict(firstRowsAndAllMissing);
    expected.forEach((value, row) => expect(answers[row]).toBeCloseTo(value, 6));
  });
});

it('logistic ends on data that a line separates, without regularisation', () => {
  const x = Float64Array.from({ length: 20 }, (_, i) => i);
  const data = { featureNames: ['x'], columns: [x], labels: x.map((v) => (v > 9.5 ? 1 : 0)) };
  const answers = logistic.fit(data, { l2: 0 }, { task: 'binary', seed: 0 }).predict(Float32Array.from(x));
  answers.forEach((answer, row) => expect(Math.abs(answer - data.labels[row]!)).toBeLessThan(1e-3));
});

it('importance is the share of each standardised coefficient, none for a constant', () => {
  const { importance } = linear.fit(numeric, {}, { task: 'regression', seed: 0 });
  expect(importance[2]).toBe(0);
  expect(importance.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  expect(Math.max(importance[0]!, importance[3]!)).toBeGreaterThan(importance[1]!);
});

// A change of these digests is a change of what is learned: raise the engine's version with it.
it('gives these bytes on every engine', () => {
  expect({
    logistic: sha256(logistic.fit(awkwardData('binary', 500), {}, { task: 'binary', seed: 42 }).toOnnx()),
    linear: sha256(linear.fit(awkwardData('regression', 500), {}, { task: 'regression', seed: 42 }).toOnnx()),
  }).toEqual({
    logistic: '0cd6316d531ea9eba723f474a213dbab5051992049dd55db8257b44e794a5bbb',
    linear: '2cafd0b2abe38f277001a2df1b80e348450d25d606143f37051a25677b28e5ab',
  });
});
