import * as fc from 'fast-check';
import { calibrate, calibrated, calibrationError } from './calibration';
import { fitErrorTree, leafIndex } from './error-tree';
import { estimateBinary } from './estimate-binary';
import { EstimatedPerformance } from './estimated-performance';
import { EstimatedRegression } from './estimated-regression';
import { fitIsotonic, isotonicAt } from './isotonic';

const probability = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.25, 0.5, 1),
  fc.double({ min: 1e-6, max: 0.01, noNaN: true }),
);
const scored = fc.array(fc.tuple(probability, fc.boolean()), { minLength: 1, maxLength: 80 });
const labelled = fc.array(fc.tuple(fc.constantFrom(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.9), fc.constantFrom(0, 1)), {
  minLength: 1,
  maxLength: 60,
});
const calibration = { x: [0, 0.3, 0.6, 1], y: [0, 0.1, 0.7, 0.9], needed: true, before: 0.2, after: 0.1 };

const observed = (rows: readonly (readonly [number, boolean])[]): EstimatedPerformance => {
  const performance = new EstimatedPerformance(calibration);
  for (const [score, decision] of rows) performance.observe(score, decision);
  return performance;
};

describe('isotonic regression', () => {
  it('is the min-max of means over all blocks of scores', () => {
    fc.assert(
      fc.property(labelled, (rows) => {
        const xs = [...new Set(rows.map(([x]) => x))].sort((a, b) => a - b);
        const mean = (from: number, to: number): number => {
          const block = rows.filter(([x]) => x >= xs[from]! && x <= xs[to]!);
          return block.reduce((sum, [, y]) => sum + y, 0) / block.length;
        };
        const fitted = fitIsotonic(
          rows.map(([x]) => x),
          rows.map(([, y]) => y),
        );
        xs.forEach((x, i) => {
          const lows = xs
            .slice(0, i + 1)
            .map((_, from) => Math.min(...xs.slice(i).map((__, after) => mean(from, i + after))));
          expect(isotonicAt(fitted, x)).toBeCloseTo(Math.max(...lows), 12);
        });
        expect(isotonicAt(fitted, -1)).toBe(fitted.y[0]);
        expect(isotonicAt(fitted, 2)).toBe(fitted.y.at(-1));
      }),
    );
  });

  it('is linear between its corners', () => {
    expect([0.15, 0.45, 0.8].map((score) => isotonicAt(calibration, score))).toEqual([
      expect.closeTo(0.05, 12),
      expect.closeTo(0.4, 12),
      expect.closeTo(0.8, 12),
    ]);
  });
});

describe('calibration', () => {
  const rows = Array.from({ length: 3_000 }, (_, i) => ((i * 1_637) % 3_000) / 3_000);
  const chance = rows.map((_, i) => ((i * 911) % 3_001) / 3_001);

  it('is needed where scores are not what comes true, and not where they are', () => {
    const honest = calibrate(rows, rows.map((score, i) => (chance[i]! < score ? 1 : 0))); // prettier-ignore
    const wrong = calibrate(rows, rows.map((score, i) => (chance[i]! < score * score * score ? 1 : 0))); // prettier-ignore
    expect(honest).toMatchObject({ needed: false });
    expect(wrong.needed).toBe(true);
    expect(wrong.before!).toBeGreaterThan(5 * wrong.after!);
    expect(Math.abs(calibrated(wrong, 0.5) - 0.125)).toBeLessThan(0.05);
    expect(calibrated(honest, 0.5)).toBe(0.5);
    expect(calibrated(undefined, 0.4)).toBe(0.4);
  });

  it('is not needed for one class, too few rows, or scores that order all rows rightly', () => {
    const ones = rows.map(() => 1);
    expect(calibrate(rows, ones)).toEqual({ x: [], y: [], needed: false, before: null, after: null });
    expect(calibrate([0.1, 0.9], [1, 0])).toMatchObject({ needed: false, before: null });
    expect(calibrate(rows, rows.map((score) => (score > 0.3 ? 1 : 0)))).toMatchObject({ needed: false, before: null }); // prettier-ignore
  });

  it('measures its error over bins of equally many rows', () => {
    expect(calibrationError([0.9, 0.1, 0.2, 0.8], [1, 0, 0, 1])).toBeCloseTo((0.3 + 0.3) / 4, 12);
    const many = Array.from({ length: 25 }, (_, i) => i / 25);
    // Bins of two rows, the last of three.
    const naive = many.reduce((sum, _, i) => {
      const [from, to] = i % 2 === 0 && i < 23 ? [i, i === 22 ? 25 : i + 2] : [0, 0];
      const bin = many.slice(from, to);
      return sum + Math.abs(bin.reduce((all, p) => all + p, 0) - bin.length * 0.5) / 25;
    }, 0);
    expect(calibrationError(many, many.map(() => 0.5))).toBeCloseTo(naive, 12); // prettier-ignore
  });
});

describe('EstimatedPerformance', () => {
  it('agrees with the estimate by rows: exactly, or within the bound that it states', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const scores = rows.map(([score]) => score);
        const probabilities = scores.map((score) => calibrated(calibration, score));
        const exact = estimateBinary({
          scores,
          probabilities,
          decisions: rows.map(([, decision]) => (decision ? 1 : 0)),
        });
        const { metrics, bounds } = observed(rows).report();
        for (const name of ['f1', 'precision', 'recall', 'accuracy'] as const) {
          if (exact[name] === null) expect(metrics[name]).toBeNull();
          else expect(metrics[name]).toBeCloseTo(exact[name], 9);
        }
        const expected = probabilities.reduce((sum, p) => sum + p, 0);
        if (expected < 0.01 || rows.length - expected < 0.01) return;
        // Rounding to five decimals is NannyML's, not ours.
        expect(Math.abs(metrics.roc_auc! - exact.roc_auc!)).toBeLessThanOrEqual(
          bounds.roc_auc! + 2e-5 * (rows.length / expected + rows.length / (rows.length - expected)),
        );
        const brier = rows.reduce((sum, [s], i) => {
          const p = probabilities[i]!;
          return sum + p * (1 - s) ** 2 + (1 - p) * s ** 2;
        }, 0);
        expect(metrics.brier).toBeCloseTo(brier / rows.length, 12);
      }),
    );
  });

  it('has the average precision of its rows where bins hold rows of one probability', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.05, 0.2, 0.31, 0.5, 0.77, 0.9), { minLength: 1, maxLength: 120 }),
        (scores) => {
          const probabilities = scores.map((score) => calibrated(calibration, score));
          const exact = estimateBinary({ scores, probabilities, decisions: scores.map(() => 1) });
          const { metrics } = observed(scores.map((score) => [score, true])).report();
          const expected = probabilities.reduce((sum, p) => sum + p, 0);
          const rounding = 2e-5 * (scores.length / expected);
          expect(Math.abs(metrics.average_precision! - exact.average_precision!)).toBeLessThan(rounding);
          expect(Math.abs(metrics.roc_auc! - exact.roc_auc!)).toBeLessThan(2 * rounding);
        },
      ),
    );
  });

  it('is the same, to the byte, in any order, merged from parts and through storage', () => {
    fc.assert(
      fc.property(scored, scored, (a, b) => {
        const merged = EstimatedPerformance.fromJSON(
          JSON.parse(JSON.stringify(observed([...b].reverse()))),
          calibration,
        );
        merged.merge(observed(a));
        expect(JSON.stringify(merged)).toBe(JSON.stringify(observed([...a, ...b])));
        expect(merged.report()).toEqual(observed([...a, ...b]).report());
      }),
    );
  });

  it('has as standard error what labels drawn by the probabilities do to the metric', () => {
    let state = 7;
    const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const rows = Array.from({ length: 400 }, (): [number, boolean] => {
      const score = uniform();
      return [score, score >= 0.6];
    });
    const { metrics, errors } = observed(rows).report();
    const drawn = Array.from({ length: 400 }, () => {
      // Other rows of the same kind, with labels: what a realised metric of a window is.
      const sample = Array.from({ length: 400 }, () => rows[Math.floor(uniform() * 400)]!);
      const right = sample.filter(([s, d]) => uniform() < calibrated(calibration, s) === d);
      return right.length / 400;
    });
    const center = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
    const deviation = Math.sqrt(drawn.reduce((sum, each) => sum + (each - center) ** 2, 0) / drawn.length);
    expect(Math.abs(center - metrics.accuracy!)).toBeLessThan(0.005);
    expect(deviation / errors.accuracy!).toBeGreaterThan(0.85);
    expect(deviation / errors.accuracy!).toBeLessThan(1.15);
  });

  it('keeps scores that are no probabilities apart, and has nothing to say of no rows', () => {
    expect(observed([[Number.NaN, true], [1.5, false]]).report()).toMatchObject({ rows: 0, invalid: 2, metrics: { accuracy: null, roc_auc: null } }); // prettier-ignore
  });
});

describe('the error tree', () => {
  const rows = Array.from({ length: 2_000 }, (_, i) => i);
  const x = rows.map((i) => ((i * 733) % 2_000) / 2_000);
  const noise = rows.map((i) => ((i * 947) % 2_003) / 2_003 - 0.5);
  const scores = x.map((each) => 3 * each);
  const labels = scores.map((score, i) => score + noise[i]! * (x[i]! > 0.5 ? 4 : 1));

  it('learns where the model errs, and gives each window what its rows say', () => {
    const profile = fitErrorTree({ scores, labels, columns: [x, noise.map(() => 1)] })!;
    expect(profile.nodes.length).toBeGreaterThan(0);
    const windowOf = (keep: (i: number) => boolean): { estimated: number; real: number } => {
      const window = new EstimatedRegression(profile);
      const kept = rows.filter(keep);
      for (const i of kept) window.observe(scores[i]!, [x[i]!, 1]);
      const real = kept.reduce((sum, i) => sum + Math.abs(labels[i]! - scores[i]!), 0) / kept.length;
      return { estimated: window.report().metrics.mae!, real };
    };
    for (const keep of [(): boolean => true, (i: number) => x[i]! > 0.6, (i: number) => x[i]! < 0.4]) {
      const { estimated, real } = windowOf(keep);
      expect(Math.abs(estimated / real - 1)).toBeLessThan(0.1);
    }
  });

  it('has the means of the rows of each leaf, and gives the whole as the sum of the leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), fc.double({ min: -5, max: 5, noNaN: true })), {
          minLength: 100,
          maxLength: 300,
        }),
        (list) => {
          const columns = [list.map(([feature]) => (feature === 4 ? null : feature))];
          const answers = list.map((_, i) => i % 7);
          const truth = list.map(([feature, error], i) => answers[i]! + error * (feature + 1));
          const profile = fitErrorTree({ scores: answers, labels: truth, columns })!;
          const whole = new EstimatedRegression(profile);
          const parts = [new EstimatedRegression(profile), new EstimatedRegression(profile)];
          const members = profile.leaves.map((): number[] => []);
          list.forEach((_, i) => {
            const row = [columns[0]![i]!];
            whole.observe(answers[i]!, row);
            parts[i % 2]!.observe(answers[i]!, row);
            members[leafIndex(profile, answers[i]!, row)]!.push(Math.abs(truth[i]! - answers[i]!));
          });
          profile.leaves.forEach((leaf, i) => {
            expect(leaf.rows).toBe(members[i]!.length);
            expect(leaf.absolute).toBeCloseTo(members[i]!.reduce((sum, e) => sum + e, 0) / leaf.rows, 9);
          });
          const [a, b] = parts as [EstimatedRegression, EstimatedRegression];
          a.merge(EstimatedRegression.fromJSON(JSON.parse(JSON.stringify(b)), profile));
          expect(a.toJSON()).toEqual(whole.toJSON());
          const mae =
            list.reduce((sum, [feature, error]) => sum + Math.abs(error * (feature + 1)), 0) / list.length;
          expect(whole.report().metrics.mae).toBeCloseTo(mae, 9);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is none with fewer than 100 rows, and one leaf where errors are alike', () => {
    expect(fitErrorTree({ scores: [1], labels: [2], columns: [] })).toBeUndefined();
    const flat = fitErrorTree({ scores, labels: scores.map((score) => score + 1), columns: [x] })!;
    expect([flat.nodes, flat.leaves.length]).toEqual([[], 1]);
  });
});
