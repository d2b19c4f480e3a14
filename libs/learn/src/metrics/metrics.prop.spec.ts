import fc from 'fast-check';
import { listMeasures } from './ranked-lists';
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

/** All orders of the rows in which greater scores stand first. */
const orders = (scores: readonly number[], rows: readonly number[]): number[][] => {
  if (rows.length === 0) return [[]];
  const top = Math.max(...rows.map((row) => scores[row]!));
  return rows
    .filter((row) => scores[row] === top)
    .flatMap((row) =>
      orders(
        scores,
        rows.filter((other) => other !== row),
      ).map((rest) => [row, ...rest]),
    );
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

it('measures of a list are means over all orders of its tied rows', () => {
  const lists = fc.array(
    fc.record({ relevance: fc.constantFrom(0, 0, 1, 3), score: fc.integer({ min: 0, max: 2 }) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 7 }), (list, k) => {
      const relevance = list.map((row) => row.relevance);
      const scores = list.map((row) => row.score);
      const gain = (order: readonly number[]): number =>
        order.slice(0, k).reduce((sum, row, at) => sum + relevance[row]! / Math.log2(at + 2), 0);
      const precision = (order: readonly number[], at: number): number =>
        order.slice(0, at + 1).filter((row) => relevance[row]! > 0).length / (at + 1);
      const all = orders(scores, [...list.keys()]);
      const relevant = relevance.filter((each) => each > 0).length;
      const measured = listMeasures(Float64Array.from(relevance), Float64Array.from(scores), k);
      if (relevant === 0) return void expect(measured).toBeNull();
      const best = orders(relevance, [...list.keys()])[0]!;
      const precisions = all.map((order) =>
        order.slice(0, k).reduce((sum, row, at) => sum + (relevance[row]! > 0 ? precision(order, at) : 0), 0),
      );
      const ranks = all.map((order) => 1 / (order.findIndex((row) => relevance[row]! > 0) + 1));
      expect(measured!.ndcg).toBeCloseTo(meanOf(all.map(gain)) / gain(best), 10);
      expect(measured!.averagePrecision).toBeCloseTo(meanOf(precisions) / Math.min(k, relevant), 10);
      expect(measured!.reciprocalRank).toBeCloseTo(meanOf(ranks), 10);
    }),
  );
});
