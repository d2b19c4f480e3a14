import { Rng, sha256 } from '#kernel';
import { rowMajor, type DataSet } from '../data-set';
import { runOnnx } from '../onnx/onnx-runtime.testing';
import { awkwardData, probingRows } from '../trainer.conformance';
import { bandit } from './bandit';

const options = { task: 'ranking', seed: 7 } as const;

/** Arm 1 is right where x > 0, arm 2 where it is not, arm 3 never; the log shows arm 3 nine times of ten where x > 0. */
const logged = (rows: number): DataSet => {
  const rng = new Rng(11);
  const x = Float64Array.from({ length: rows }, () => 2 * rng.uniform() - 1);
  const chance = (row: number, arm: number): number =>
    x[row]! > 0 ? (arm === 3 ? 0.9 : 0.05) : arm === 3 ? 0.2 : 0.4;
  const arm = x.map((_, row) => {
    const drawn = rng.uniform();
    return drawn < chance(row, 1) ? 1 : drawn < chance(row, 1) + chance(row, 2) ? 2 : 3;
  });
  const hit = (row: number): number => (arm[row] === (x[row]! > 0 ? 1 : 2) ? 0.8 : 0.1);
  return {
    featureNames: ['x', 'arm', 'p'],
    columns: [x, arm, arm.map((each, row) => chance(row, each))],
    labels: x.map((_, row) => (rng.uniform() < hit(row) ? 1 : 0)),
    groups: x.map((_, row) => row),
  };
};

const scoresAt = (model: ReturnType<typeof bandit.fit>, x: number): number[] => [
  ...model.predict(Float32Array.from([1, 2, 3].flatMap((arm) => [x, arm, NaN]))),
];

it.each(['ucb', 'thompson', 'none'])('finds the right arm for each context, with %s', (exploration) => {
  const model = bandit.fit(logged(3000), { propensity: 'p', exploration, alpha: 0.1 }, options);
  const [one, two, three] = scoresAt(model, 0.8);
  expect(one).toBeGreaterThan(Math.max(two!, three!));
  const [uno, dos, tres] = scoresAt(model, -0.8);
  expect(dos).toBeGreaterThan(Math.max(uno!, tres!));
});

it.each([{ exploration: 'ucb', alpha: 2 }, { exploration: 'thompson' }, { exploration: 'none', l2: 30 }])(
  'answers as ONNX Runtime does, also for arms and contexts never seen: %j',
  async (parameters) => {
    const data = awkwardData('ranking', 200, 3, ['arm', 'chance']);
    data.columns[8]!.fill(0.25);
    const model = bandit.fit(data, { propensity: 'chance', ...parameters }, options);
    const rows = probingRows(data);
    const expected = model.predict(rows);
    const { answers } = await runOnnx(model.toOnnx(), rows, 9);
    answers.forEach((answer, row) => {
      if (Object.is(answer, expected[row])) return;
      expect(Math.abs(answer - expected[row]!) / Math.max(1, Math.abs(answer))).toBeLessThan(1e-6);
    });
  },
);

it('an arm that was never seen is worth trying, the less the more is known of the others', () => {
  const model = bandit.fit(logged(3000), { propensity: 'p', alpha: 1 }, options);
  const [known, unseen] = model.predict(Float32Array.of(0, 3, NaN, 0, 99, NaN));
  expect(unseen).toBeGreaterThan(0.99);
  expect(known).toBeLessThan(0.5);
});

it('another seed draws other weights with thompson, and the same ones without', () => {
  const digestOf = (seed: number, exploration: string): string =>
    sha256(bandit.fit(logged(200), { exploration }, { task: 'ranking', seed }).toOnnx());
  expect(digestOf(1, 'thompson')).not.toBe(digestOf(2, 'thompson'));
  expect(digestOf(1, 'thompson')).toBe(digestOf(1, 'thompson'));
  expect(digestOf(1, 'ucb')).toBe(digestOf(2, 'ucb'));
});

it('a propensity counts rows in inverse proportion, up to a limit', () => {
  const data: DataSet = {
    featureNames: ['arm', 'p'],
    columns: [Float64Array.of(1, 1, 2), Float64Array.of(0.5, 0.01, 0.5)],
    labels: Float64Array.of(0, 3, 1),
    groups: Float64Array.of(1, 2, 3),
  };
  const score = (max_weight: number): number =>
    bandit
      .fit(data, { propensity: 'p', exploration: 'none', l2: 1e-9, max_weight }, options)
      .predict(Float32Array.of(1, NaN))[0]!;
  expect(score(1000)).toBeCloseTo((50 * 3) / 51, 4);
  expect(score(9)).toBeCloseTo((9 * 3) / 10, 5);
});

it('refuses arms and propensities that are none', () => {
  const data = logged(20);
  const arms = { ...data, columns: [data.columns[0]!, data.columns[0]!, data.columns[2]!] };
  expect(() => bandit.fit(arms, {}, options)).toThrow(/"arm" of row 0 is .*; ids are whole numbers from 0/);
  const chances = { ...data, columns: [...data.columns.slice(0, 2), data.columns[2]!.map(() => 0)] };
  expect(() => bandit.fit(chances, { propensity: 'p' }, options)).toThrow(
    '"p" of row 0 is 0; a propensity is above 0, up to 1',
  );
  expect(() => bandit.fit(data, { arm: 'ar' }, options)).toThrow(
    'parameter "arm" names "ar", which is no feature; did you mean "arm"?',
  );
});

it('contributions without exploration sum to the score', () => {
  const data = logged(300);
  const model = bandit.fit(data, { propensity: 'p', exploration: 'none' }, options);
  const rows = rowMajor(data.columns);
  const parts = model.contributions!(rows);
  model.predict(rows).forEach((score, row) => {
    expect(parts.subarray(row * 4, row * 4 + 4).reduce((a, b) => a + b, 0)).toBeCloseTo(score, 6);
    expect(parts[row * 4 + 2]).toBe(0);
  });
});
