import fc from 'fast-check';
import { averagePrecision, precisionAtK, rocAuc } from './ranking';

/** Few distinct scores, so that ties are the rule. */
const scored = fc
  .array(fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: -3, max: 3 }) }), {
    maxLength: 30,
  })
  .map((rows) => ({
    labels: Float64Array.from(rows, (r) => r.label),
    scores: Float64Array.from(rows, (r) => r.score / 2),
  }));

const indices = (labels: Float64Array, label: number): number[] =>
  [...labels.keys()].filter((i) => labels[i] === label);

it('ROC AUC is the share of pairs in the right order', () => {
  fc.assert(
    fc.property(scored, ({ labels, scores }) => {
      const pairs = indices(labels, 1).flatMap((p) =>
        indices(labels, 0).map((n) => Math.sign(scores[p]! - scores[n]!)),
      );
      const expected =
        pairs.length === 0 ? null : pairs.reduce((sum, sign) => sum + (sign + 1) / 2, 0) / pairs.length;
      expect(rocAuc(labels, scores)).toEqual(expected === null ? null : expect.closeTo(expected, 12));
    }),
  );
});

it('average precision is the mean, over positives, of the precision at their own score', () => {
  fc.assert(
    fc.property(scored, ({ labels, scores }) => {
      const precisions = indices(labels, 1).map((p) => {
        const atLeast = [...labels].filter((_, i) => scores[i]! >= scores[p]!);
        return atLeast.filter((label) => label === 1).length / atLeast.length;
      });
      const expected = precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
      expect(averagePrecision(labels, scores)).toEqual(
        precisions.length === 0 ? null : expect.closeTo(expected, 12),
      );
    }),
  );
});

it('precision at k is the mean over both extreme orders of the tied rows, or between them', () => {
  fc.assert(
    fc.property(scored, fc.integer({ min: 1, max: 35 }), ({ labels, scores }, k) => {
      const topOf = (tieBreak: 1 | -1): number => {
        const order = [...labels.keys()].sort(
          (a, b) => scores[b]! - scores[a]! || tieBreak * (labels[b]! - labels[a]!),
        );
        const top = order.slice(0, k);
        return top.reduce((sum, row) => sum + labels[row]!, 0) / top.length;
      };
      const precision = precisionAtK(labels, scores, k);
      if (labels.length === 0) return void expect(precision).toBeNull();
      expect(precision).toBeLessThanOrEqual(topOf(1) + 1e-12);
      expect(precision).toBeGreaterThanOrEqual(topOf(-1) - 1e-12);
    }),
  );
});
