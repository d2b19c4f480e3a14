import { profileReference } from './reference-profile';
import {
  readReferenceProfile,
  writeReferenceProfile,
  writeReferenceProfileV1,
} from './reference-profile-text';
import { calibrate } from '../estimate/calibration';
import { fitErrorTree } from '../estimate/error-tree';
import { profilePerformance } from '../performance/chunk-performance';

const profile = profileReference(
  [
    { name: 'amount', values: Array.from({ length: 100 }, (_, row) => row * 1.5e30) },
    { name: 'is_night', values: [0, 1, 1, null, NaN] },
    { name: 'never', values: [null, null] },
  ],
  [0.1, 0.2, 0.9],
);

it('reads what it wrote, to the byte', () => {
  const text = writeReferenceProfile(profile);
  expect(readReferenceProfile(text)).toEqual(profile);
  expect(writeReferenceProfile(readReferenceProfile(text))).toBe(text);
});

it('has deciles, or a cell for each of few values', () => {
  expect(
    profile.features.map(({ name, bins, counts, missing }) => [name, bins.kind, counts, missing]),
  ).toEqual([
    ['amount', 'intervals', [0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0], 0],
    ['is_night', 'values', [1, 2, 0], 2],
    ['never', 'values', [0], 2],
  ]);
  expect(profile.score.bins).toEqual({ kind: 'values', values: [0.1, 0.2, 0.9] });
});

it('reads version 1 as a profile that knows no more', () => {
  const text = writeReferenceProfileV1(profile);
  const read = readReferenceProfile(text);
  expect(read).toEqual({
    version: 2,
    features: profile.features.map((feature) => ({ ...feature, importance: null, chunks: [] })),
    score: { ...profile.score, chunks: [] },
  });
  expect(writeReferenceProfileV1(read)).toBe(text);
});

it('knows chunks in the order of time, importance, and which columns are whole', () => {
  const rows = Array.from({ length: 505 }, (_, row) => row);
  const { features, score, pca } = profileReference(
    [
      { name: 'late', values: rows.map((row) => (row < 50 ? 1 : 0)), importance: 0.75 },
      { name: 'part', values: rows.map((row) => (row === 7 ? null : row / 2)) },
    ],
    rows.map((row) => row % 2),
    { times: { train: rows.map((row) => -row) } },
  );
  expect(features.map(({ importance, integer }) => [importance, integer])).toEqual([
    [0.75, true],
    [null, false],
  ]);
  // The first rows happened last.
  expect(features[0]!.chunks.map(([, ones]) => ones)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 50]);
  expect(features[0]!.chunks.map(([zeros, ones]) => zeros! + ones!)).toEqual([50, 51, 50, 51, 50, 51, 50, 51, 50, 51]); // prettier-ignore
  expect(features[1]!.chunks.at(-1)!.reduce((sum, count) => sum + count, 0)).toBe(50);
  expect(score.chunks).toHaveLength(10);
  expect(pca?.components).toHaveLength(1);
});

it('keeps calibration, performance and errors where they are given, through its text', () => {
  const scores = Array.from({ length: 400 }, (_, row) => ((row * 37) % 400) / 400);
  const labels = scores.map((score, row) => (score * score > ((row * 53) % 400) / 400 ? 1 : 0));
  const full = profileReference([{ name: 'x', values: scores }], scores, {
    calibration: calibrate(scores, labels),
    errors: fitErrorTree({ scores, labels, columns: [scores] }),
    performance: profilePerformance(400, (rows) => ({
      accuracy: rows.filter((row) => labels[row] === (scores[row]! >= 0.5 ? 1 : 0)).length / rows.length,
      never: null,
    })),
  });
  expect(full.calibration).toMatchObject({ needed: true });
  expect(full.performance).toMatchObject({ chunks: 8, rows: 50 });
  expect(Object.keys(full.performance!.metrics)).toEqual(['accuracy']);
  const text = writeReferenceProfile(full);
  expect(readReferenceProfile(text)).toEqual(full);
  expect(writeReferenceProfile(readReferenceProfile(text))).toBe(text);
});

it.each([
  ['{', 'it is not JSON'],
  ['[]', 'version none is not known'],
  ['{"version":3}', 'version 3 is not known'],
  ['{"version":1}', 'it has no list of features'],
  ['{"version":1,"features":[{}]}', 'feature 0 has no name'],
  ['{"version":1,"features":[]}', 'column score is no profile'],
])('refuses %s', (text, why) => {
  expect(() => readReferenceProfile(text)).toThrow(`this is not a reference profile: ${why}`);
});
