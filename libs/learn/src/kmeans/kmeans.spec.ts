import { Rng, sha256 } from '#kernel';
import { rowMajor, type DataSet } from '../data-set';
import { awkwardData } from '../trainer.conformance';
import { kmeans } from './kmeans';

const options = { task: 'anomaly', seed: 3 } as const;

/** Four clouds at the corners of a square; the third feature says nothing of them. */
const clouds = (rows: number): DataSet => {
  const rng = new Rng(8);
  const at = (row: number, bit: number): number => ((row >> bit) & 1) * 10 + rng.uniform();
  const columns = [0, 1].map((bit) => Float64Array.from({ length: rows }, (_, row) => at(row, bit)));
  const noise = Float64Array.from({ length: rows }, () => rng.uniform());
  return {
    featureNames: ['x', 'y', 'noise'],
    columns: [...columns, noise],
    labels: new Float64Array(rows).fill(NaN),
  };
};

it('finds the clouds: what lies between them is strange, and the noise counts for little', () => {
  const model = kmeans.fit(clouds(400), { clusters: 4 }, options);
  const scores = model.predict(Float32Array.of(0.5, 0.5, 0.5, 10.5, 0.5, 0.5, 5.5, 5.5, 0.5, 40, -30, 0.5));
  expect(scores[0]).toBeLessThan(0.3);
  expect(scores[1]).toBeLessThan(0.3);
  expect(scores[2]).toBeGreaterThan(1);
  expect(scores[3]).toBeGreaterThan(scores[2]!);
  expect(model.importance[2]).toBeLessThan(0.05);
});

it('ends where centres are the means of their rows', () => {
  const steps: number[] = [];
  const data = clouds(400);
  const model = kmeans.fit(
    data,
    { clusters: 7 },
    { ...options, onProgress: ({ train }) => steps.push(train) },
  );
  expect(steps).toEqual([...steps].sort((a, b) => b - a));
  const scores = model.predict(rowMajor(data.columns));
  expect(scores.reduce((sum, score) => sum + score * score, 0) / 400).toBeCloseTo(steps.at(-1)!, 5);
});

it('makes as many centres as there are distinct rows, if there are few', () => {
  const few = { featureNames: ['x'], columns: [Float64Array.of(1, 1, 5)], labels: Float64Array.of(0, 0, 0) };
  expect([...kmeans.fit(few, { clusters: 50 }, options).predict(Float32Array.of(1, 5))]).toEqual([0, 0]);
});

// A change of this digest is a change of what is learned: raise the engine's version with it.
it('gives these bytes on every engine', () => {
  expect(sha256(kmeans.fit(awkwardData('anomaly', 500), {}, { task: 'anomaly', seed: 42 }).toOnnx())).toBe(
    '0d90ed3714e55cc33abdbe470aa316bffcd1338996af5027de1591ab46599ed2',
  );
});
