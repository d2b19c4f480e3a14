import fc from 'fast-check';
import { compareScores, type ScoredRecords } from './compare-scores';
import { sliceRecords } from './slices';

const score = fc.integer({ min: 0, max: 20 }).map((n) => n / 20);
const row = fc.record({
  baseline: fc.oneof({ weight: 9, arbitrary: score }, fc.constant(Number.NaN)),
  candidate: fc.oneof({ weight: 9, arbitrary: score }, fc.constant(Number.NaN)),
  label: fc.constantFrom(0, 1, Number.NaN),
  field: fc.option(fc.integer({ min: 0, max: 50 })),
});
const rows = fc.array(row, { minLength: 1, maxLength: 80 });

type Row = { baseline: number; candidate: number; label: number; field: number | null };

const columnsOf = (all: readonly Row[]): ScoredRecords => ({
  task: 'binary',
  threshold: 0.5,
  baseline: Float64Array.from(all, (each) => each.baseline),
  candidate: Float64Array.from(all, (each) => each.candidate),
  labels: Float64Array.from(all, (each) => each.label),
});

/** Share of pairs that stand right, ties half: every pair looked at. */
const rocAuc = (all: readonly { score: number; label: number }[]): number | null => {
  let [right, pairs] = [0, 0];
  for (const positive of all.filter(({ label }) => label === 1))
    for (const negative of all.filter(({ label }) => label === 0)) {
      pairs++;
      right += positive.score > negative.score ? 1 : positive.score === negative.score ? 0.5 : 0;
    }
  return pairs === 0 ? null : right / pairs;
};

const near = (found: number | null | undefined, expected: number | null): void => {
  if (expected === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(expected, 10);
};

it('agrees with every record looked at and every pair counted', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const found = compareScores(columnsOf(all));
      const both = all.filter(({ baseline, candidate }) => !Number.isNaN(baseline + candidate));
      expect(found.flips).toBe(
        both.filter(({ baseline, candidate }) => baseline >= 0.5 !== candidate >= 0.5).length,
      );
      const judged = both.filter(({ label }) => !Number.isNaN(label));
      expect(found.labelled).toBe(judged.length);
      const [before, after] = (['baseline', 'candidate'] as const).map((side) =>
        rocAuc(judged.map((each) => ({ score: each[side], label: each.label }))),
      ) as [number | null, number | null];
      near(found.metrics.baseline.roc_auc, before);
      near(found.metrics.candidate.roc_auc, after);
      near(found.metrics.delta.roc_auc, before === null || after === null ? null : after - before);
      near(
        found.metrics.candidate.brier,
        judged.length === 0
          ? null
          : judged.reduce((sum, { candidate, label }) => sum + (candidate - label) * (candidate - label), 0) /
              judged.length,
      );
    }),
  );
});

it('a score against itself has no flip, no delta and no shift', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const same = columnsOf(all.map((each) => ({ ...each, candidate: each.baseline })));
      const found = compareScores(same);
      expect(found.flips).toBe(0);
      expect(Object.values(found.metrics.delta).every((delta) => delta === null || delta === 0)).toBe(true);
      expect(found.shift.largest).toBe(0);
      expect(found.shift.ks ?? 0).toBe(0);
    }),
  );
});

it('slices hold every record once, whatever they are cut by', () => {
  fc.assert(
    fc.property(rows, fc.boolean(), (all, asText) => {
      const values = all.map(({ field }) => (asText && field !== null ? `v${field % 30}` : field));
      const slices = sliceRecords(columnsOf(all), values, { field: 'f' });
      expect(slices.reduce((sum, { records }) => sum + records, 0)).toBe(all.length);
      expect(slices.reduce((sum, { flips }) => sum + flips, 0)).toBe(compareScores(columnsOf(all)).flips);
      for (const found of slices) {
        const value = found.slice.startsWith('f = ') ? found.slice.slice(4) : undefined;
        if (value !== undefined)
          expect(found.records).toBe(values.filter((each) => String(each) === value).length);
      }
    }),
  );
});
