import { Rng, sha256 } from '#kernel';
import { rowMajor, type DataSet } from '../data-set';
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

const multiclass: DataSet = {
  ...binary,
  labels: Float64Array.from({ length: 24 }, (_, i) => ((i * 5) % 7) % 3),
};

/**
 * scikit-learn 1.9.1: SimpleImputer, StandardScaler, then LogisticRegression(C=1/(l1 + l2), l1_ratio=l1/(l1 + l2), solver='saga', tol=1e-14) or
 * Ridge(alpha=l2), with l1 ElasticNet(alpha=(l1 + l2)/24, l1_ratio=l1/(l1 + l2), tol=1e-14).
 */
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

  it.each([
    [3, 1, [0.9855421157524038, -4.985163281347058, 7.620870092099843, 1.5376792844794078, 1.75]],
    [10, 0.5, [1.1620833965891633, -4.685116977820111, 7.3072377801662425, 1.4600374057569683, 1.75]],
  ])('linear, l1 %d, l2 %d', (l1, l2, expected) => {
    const answers = linear
      .fit(numeric, { l1, l2 }, { task: 'regression', seed: 0 })
      .predict(firstRowsAndAllMissing);
    expected.forEach((value, row) => expect(answers[row]).toBeCloseTo(value, 6));
  });

  it.each([
    [
      { l1: 0.5, l2: 0.5 },
      [0.6682870378338785, 0.5405427377605786, 0.36445455940432886, 0.21093861907044148, 0.408479885203068],
    ],
    [
      { l1: 2, l2: 0.1 },
      [0.5791250505596032, 0.47799629394402554, 0.3786396819300659, 0.2885204982812391, 0.4134119825922922],
    ],
    [
      { class_weights: { 1: 5 } },
      [0.9555825988546622, 0.8985409485212108, 0.6654729383095699, 0.36312335825669456, 0.755807627273107],
    ],
  ])('logistic, %j', (parameters, expected) => {
    const answers = logistic
      .fit(binary, parameters, { task: 'binary', seed: 0 })
      .predict(firstRowsAndAllMissing);
    expected.forEach((value, row) => expect(answers[row]).toBeCloseTo(value, 6));
  });

  it.each([
    [
      { l2: 1 },
      [
        [0.8239811637036766, 0.02281327414349074, 0.15320556215283263],
        [0.530738934310588, 0.16167130476321193, 0.30758976092620005],
        [0.36430059042262913, 0.20473797650082148, 0.43096143307654927],
        [0.139566610770153, 0.6171361203122671, 0.24329726891757994],
        [0.4611990578269276, 0.2088834566477448, 0.3299174855253276],
      ],
    ],
    [
      { l2: 0.1, class_weights: { 1: 2, 2: 0.5 } },
      [
        [0.9141374022136918, 0.022190384041129843, 0.06367221374517837],
        [0.49389361970191414, 0.34283838299280706, 0.16326799730527877],
        [0.35805227208967555, 0.4129999004903697, 0.22894782741995476],
        [0.07053898893596193, 0.8479638334066972, 0.08149717765734071],
        [0.4573722057988524, 0.3705595241452067, 0.17206827005594091],
      ],
    ],
    [
      { l1: 0.5, l2: 0.5 },
      [
        [0.8170791628928226, 0.02813214017948976, 0.15478869692768768],
        [0.5516262620242087, 0.15528859799957423, 0.29308513997621705],
        [0.3754489885001481, 0.2269091440343683, 0.3976418674654837],
        [0.14647058164919063, 0.5771208643915868, 0.2764085539592226],
        [0.45830309277339726, 0.21324810132400834, 0.3284488059025944],
      ],
    ],
  ])('logistic of three classes, %j', (parameters, expected) => {
    const answers = logistic
      .fit(multiclass, parameters, { task: 'multiclass', seed: 0 })
      .predict(firstRowsAndAllMissing);
    expected.flat().forEach((value, at) => expect(answers[at]).toBeCloseTo(value, 6));
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

it('l1 drives the coefficients of useless features to 0', () => {
  const noise = Float64Array.from({ length: 24 }, (_, i) => (i * i * 7) % 11);
  const data = { ...numeric, featureNames: [...featureNames, 'noise'], columns: [...columns, noise] };
  const { importance } = linear.fit(data, { l1: 15 }, { task: 'regression', seed: 0 });
  expect(importance[4]).toBe(0);
  expect(importance[0]).toBeGreaterThan(0.2);
});

it('logistic of two classes is the same as multinomial of two, at half the pull', () => {
  const answers = logistic
    .fit(binary, { l2: 1 }, { task: 'binary', seed: 0 })
    .predict(firstRowsAndAllMissing);
  const both = logistic
    .fit(binary, { l2: 2 }, { task: 'multiclass', seed: 0 })
    .predict(firstRowsAndAllMissing);
  answers.forEach((answer, row) => expect(both[2 * row + 1]).toBeCloseTo(answer, 6));
});

it('a sample of many rows decides where the steps begin, not where they end', () => {
  const rng = new Rng(3);
  const rows = 40_000;
  const x = Float64Array.from({ length: rows }, () => rng.uniform());
  const y = Float64Array.from({ length: rows }, () => rng.uniform());
  const labels = x.map((value, row) => (value + y[row]! * 0.5 + rng.uniform() > 1.4 ? 1 : 0));
  let steps = 0;
  const { contributions } = logistic.fit(
    { featureNames: ['x', 'y'], columns: [x, y], labels },
    {},
    { task: 'binary', seed: 0, onProgress: () => steps++ },
  );
  expect(steps).toBeLessThan(5);
  // At the minimum the residuals are orthogonal to the intercept and, but for l2, to every feature.
  const margins = contributions!(rowMajor([x, y]));
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const margin = margins[row * 3]! + margins[row * 3 + 1]! + margins[row * 3 + 2]!;
    sum += labels[row]! - 1 / (1 + Math.exp(-margin));
  }
  expect(Math.abs(sum)).toBeLessThan(1e-5);
});

it('refuses a weight for a class that is none', () => {
  expect(() => logistic.fit(binary, { class_weights: { fraud: 3 } }, { task: 'binary', seed: 0 })).toThrow(
    'parameter "class_weights" names "fraud", which is no class; classes are 0, 1',
  );
});

// A change of these digests is a change of what is learned: raise the engine's version with it.
it('gives these bytes on every engine', () => {
  expect({
    logistic: sha256(logistic.fit(awkwardData('binary', 500), {}, { task: 'binary', seed: 42 }).toOnnx()),
    linear: sha256(linear.fit(awkwardData('regression', 500), {}, { task: 'regression', seed: 42 }).toOnnx()),
  }).toEqual({
    logistic: '13e377d912d9400ea935e859d0ae7d121b03ca5c12fa37a618e07368d5390d0c',
    linear: 'a5621a08f2a7c7e9d12f037bc9267af848a78770b389183a94dac09bbee4ab96',
  });
});
