import { Rng, sha256 } from '#kernel';
import { rowMajor, type DataSet } from '../data-set';
import { runOnnx } from '../onnx/onnx-runtime.testing';
import { awkwardData, probingRows } from '../trainer.conformance';
import { matrixFactorisation } from './matrix-factorisation';

/** Who likes what: users and items of two tastes, and items of different quality. Every pair once, shuffled by the generator. */
const tastes = (task: 'regression' | 'ranking'): { train: DataSet; test: DataSet } => {
  const rng = new Rng(6);
  const pairs = Array.from({ length: 60 * 40 }, (_, at) => ({
    user: 100 + (at % 60),
    item: 7 * Math.floor(at / 60),
    drawn: rng.uniform(),
  }));
  pairs.sort((a, b) => a.drawn - b.drawn);
  const likes = ({ user, item }: { user: number; item: number }): number =>
    3 + (user % 2 === item % 2 ? 1 : -1) + (item % 3 === 0 ? 0.5 : -0.25) + (user % 5) * 0.1;
  const setOf = (rows: typeof pairs): DataSet => ({
    featureNames: ['item', 'noise', 'user'],
    columns: [
      Float64Array.from(rows, (r) => r.item),
      Float64Array.from(rows, (r) => r.drawn),
      Float64Array.from(rows, (r) => r.user),
    ],
    labels: Float64Array.from(rows, (r) =>
      task === 'regression' ? likes(r) + 0.2 * rng.uniform() : likes(r) > 3.5 ? 1 : 0,
    ),
    ...(task === 'ranking' && { groups: Float64Array.from(rows, (r) => r.user) }),
  });
  return { train: setOf(pairs.slice(0, 1200)), test: setOf(pairs.slice(1200)) };
};

it('learns ratings that it has not seen', () => {
  const { train, test } = tastes('regression');
  const model = matrixFactorisation.fit(train, { factors: 2 }, { task: 'regression', seed: 1 });
  const answers = model.predict(rowMajor(test.columns));
  const rmse = Math.sqrt(
    answers.reduce((sum, answer, row) => sum + (answer - test.labels[row]!) ** 2, 0) / answers.length,
  );
  expect(rmse).toBeLessThan(0.15);
  expect(model.importance[1]).toBe(0);
  expect(model.importance[0]! + model.importance[2]!).toBeCloseTo(1, 12);
});

it('learns biases alone with 0 factors', async () => {
  const { train } = tastes('regression');
  const model = matrixFactorisation.fit(train, { factors: 0 }, { task: 'regression', seed: 1 });
  const rows = rowMajor(train.columns);
  const { answers } = await runOnnx(model.toOnnx(), rows, 3);
  model.predict(rows).forEach((answer, row) => expect(answer).toBeCloseTo(answers[row]!, 6));
});

it('ranks what a user has not seen but wants above what it does not want', () => {
  const { train, test } = tastes('ranking');
  const model = matrixFactorisation.fit(train, { factors: 4, epochs: 60 }, { task: 'ranking', seed: 1 });
  const scores = model.predict(rowMajor(test.columns));
  let right = 0;
  let pairs = 0;
  test.labels.forEach((a, i) =>
    test.labels.forEach((b, j) => {
      if (!(a > b) || test.groups![i] !== test.groups![j]) return;
      pairs++;
      if (scores[i]! > scores[j]!) right++;
    }),
  );
  expect(right / pairs).toBeGreaterThan(0.9);
});

it('who is unknown gets the mean of the items, what is unknown that of the users', async () => {
  const { train } = tastes('regression');
  const model = matrixFactorisation.fit(train, {}, { task: 'regression', seed: 1 });
  const rows = Float32Array.from([NaN, 5, 0.5, -7, 16777216, Infinity].flatMap((id) => [id, 0, id]));
  const mean = train.labels.reduce((sum, label) => sum + label, 0) / train.labels.length;
  for (const answer of model.predict(rows)) expect(answer).toBe(Math.fround(mean));
  const { answers } = await runOnnx(model.toOnnx(), rows, 3);
  for (const answer of answers) expect(answer).toBe(Math.fround(mean));
  const [good, bad] = model.predict(Float32Array.of(7 * 3, 0, NaN, 7, 0, NaN));
  expect(good).toBeGreaterThan(bad!);
});

it('refuses what is no id, and says why', () => {
  const x = Float64Array.of(1, 2, 3);
  const refusal =
    (user: Float64Array, parameters = {}): (() => unknown) =>
    () =>
      matrixFactorisation.fit({ featureNames: ['user', 'item'], columns: [user, x], labels: x }, parameters, {
        task: 'regression',
        seed: 1,
      });
  expect(refusal(Float64Array.of(1, 16777217, 2))).toThrow(
    '"user" of row 1 is 16777216; ids are whole numbers from 0 to 16777215, which is as far as float32 tells them apart',
  );
  expect(refusal(Float64Array.of(1, 2, 0.5))).toThrow('"user" of row 2 is 0.5; ids are whole numbers');
  expect(refusal(Float64Array.of(NaN, NaN, NaN))).toThrow('"user" is missing in every row');
  expect(refusal(x, { item: 'user' })).toThrow('"user" and "item" must be two features');
  expect(refusal(x, { item: 'itme' })).toThrow(
    'parameter "item" names "itme", which is no feature; did you mean "item"?',
  );
});

it('answers as ONNX Runtime does for a ranking with awkward rows', async () => {
  const data = awkwardData('ranking', 200, 9, ['user', 'item']);
  const model = matrixFactorisation.fit(data, { factors: 5 }, { task: 'ranking', seed: 1 });
  const rows = probingRows(data);
  const { answers } = await runOnnx(model.toOnnx(), rows, data.columns.length);
  model.predict(rows).forEach((answer, row) => expect(Math.abs(answer - answers[row]!)).toBeLessThan(1e-6));
});

// A change of these digests is a change of what is learned: raise the engine's version with it.
it('gives these bytes on every engine', () => {
  const digestOf = (task: 'regression' | 'ranking'): string =>
    sha256(
      matrixFactorisation
        .fit(awkwardData(task, 300, 5, ['user', 'item']), { factors: 4 }, { task, seed: 42 })
        .toOnnx(),
    );
  expect({ regression: digestOf('regression'), ranking: digestOf('ranking') }).toEqual({
    regression: '9dd2f981ee3cc8ad3de24f22a5e1c3833ad5989c06bbe1f355d4863a61fdb921',
    ranking: '51ccc45c68400fc554cf725e11809993367b27020ee919844c0a10b4e668be73',
  });
});
