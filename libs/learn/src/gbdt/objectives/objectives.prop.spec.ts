import fc from 'fast-check';
import { Rng } from '#kernel';
import { lambdaRank } from './lambda-rank';
import { logLoss } from './log-loss';
import type { LabelledRows, Objective } from './objective';
import { softmax } from './softmax';

/** An objective after some trees with random leaves, with the scores that these gave ([outputs][rows]). */
const afterTrees = (objective: Objective, rows: number, seed: number): number[][] => {
  const rng = new Rng(seed);
  const base = Array.from({ length: objective.outputs }, () => Math.fround(rng.uniform() - 0.5));
  objective.startAt(base);
  const scores = base.map((score) => new Array<number>(rows).fill(score));
  for (let round = 0; round < 3; round++) {
    for (const of of scores.keys()) {
      const value = Float32Array.from({ length: 3 }, () => 2 * rng.uniform() - 1);
      const leafOf = Uint32Array.from({ length: rows }, () => rng.below(3));
      objective.advance(of, value, leafOf);
      scores[of] = scores[of]!.map((score, row) => score + value[leafOf[row]!]!);
    }
    objective.endRound();
  }
  return scores;
};

const gradientsOf = (objective: Objective, output: number, rows: number): Float64Array => {
  const gradients = new Float64Array(2 * rows);
  objective.gradients(output, gradients);
  return gradients;
};

const problem = fc.record({
  labels: fc.array(fc.nat(2), { minLength: 2, maxLength: 25 }),
  weights: fc.tuple(fc.constantFrom(1, 0.5, 7), fc.constantFrom(1, 3), fc.constantFrom(1, 2)),
  seed: fc.nat(),
});

/** -log of the softmax of the label's score, by the definition. */
const crossEntropy = (scores: readonly number[], label: number): number =>
  Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[label]!;

const STEP = 1e-5;

it('softmax: loss by its definition, gradients by its slope', () => {
  fc.assert(
    fc.property(problem, ({ labels, weights, seed }) => {
      const objective = softmax({ labels: Float64Array.from(labels) }, Float64Array.from(weights));
      const scores = afterTrees(objective, labels.length, seed);
      const lossOf = (row: number, output = 0, step = 0): number => {
        const of = scores.map((each, o) => each[row]! + (o === output ? step : 0));
        return weights[labels[row]!]! * crossEntropy(of, labels[row]!);
      };
      const total = labels.reduce((sum, _, row) => sum + lossOf(row), 0);
      expect(objective.loss(1)).toBeCloseTo(total / labels.reduce((sum, l) => sum + weights[l]!, 0), 9);
      scores.forEach((_, output) => {
        const gradients = gradientsOf(objective, output, labels.length);
        labels.forEach((_, row) => {
          const slope = (lossOf(row, output, STEP) - lossOf(row, output, -STEP)) / (2 * STEP);
          expect(gradients[2 * row]).toBeCloseTo(slope, 7);
        });
      });
    }),
    { numRuns: 50 },
  );
});

it('log loss is the softmax of two classes, of which the first stands at 0', () => {
  fc.assert(
    fc.property(problem, ({ labels, weights, seed }) => {
      const rows = { labels: Float64Array.from(labels, (label) => Math.min(label, 1)) };
      const two = Float64Array.from(weights.slice(0, 2));
      const objective = logLoss(rows, two);
      const [scores] = afterTrees(objective, labels.length, seed);
      const gradients = gradientsOf(objective, 0, labels.length);
      let total = 0;
      rows.labels.forEach((label, row) => {
        const weight = two[label]!;
        const lossAt = (step: number): number => weight * crossEntropy([0, scores![row]! + step], label);
        total += lossAt(0);
        expect(gradients[2 * row]).toBeCloseTo((lossAt(STEP) - lossAt(-STEP)) / (2 * STEP), 7);
        const probability = 1 / (1 + Math.exp(-scores![row]!));
        expect(gradients[2 * row + 1]).toBeCloseTo(weight * probability * (1 - probability), 9);
      });
      const mass = rows.labels.reduce((sum, label) => sum + two[label]!, 0);
      expect(objective.loss(1)).toBeCloseTo(total / mass, 9);
    }),
    { numRuns: 50 },
  );
});

const discountedGain = (relevance: readonly number[]): number =>
  relevance.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);

it('LambdaMART: each pair pushes as much as swapping it changes the NDCG', () => {
  const lists = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(lists, ({ sizes, seed }) => {
      const rng = new Rng(seed + 1);
      const groups = sizes.flatMap((size, query) => new Array<number>(size).fill(query));
      const labels = groups.map(() => rng.below(4));
      const rows: LabelledRows = { labels: Float64Array.from(labels), groups: Float64Array.from(groups) };
      const objective = lambdaRank(rows);
      const scores = afterTrees(objective, labels.length, seed)[0]!;
      const expected = new Float64Array(2 * labels.length);
      for (const query of sizes.keys()) {
        const order = [...labels.keys()].filter((row) => groups[row] === query);
        order.sort((a, b) => scores[b]! - scores[a]! || a - b);
        const gains = order.map((row) => labels[row]!);
        const ideal = discountedGain([...gains].sort((a, b) => b - a));
        if (ideal === 0) continue;
        const own = new Float64Array(expected.length);
        let total = 0;
        for (const [i, better] of order.entries()) {
          for (const [j, worse] of order.entries()) {
            if (labels[better]! <= labels[worse]!) continue;
            const swapped = gains.map((gain, at) => (at === i ? gains[j]! : at === j ? gains[i]! : gain));
            const change = Math.abs(discountedGain(swapped) - discountedGain(gains)) / ideal;
            const doubt = 1 / (1 + Math.exp(scores[better]! - scores[worse]!));
            own[2 * better]! -= change * doubt;
            own[2 * worse]! += change * doubt;
            for (const row of [better, worse]) own[2 * row + 1]! += change * doubt * (1 - doubt);
            total += 2 * change * doubt;
          }
        }
        if (total > 0) own.forEach((push, at) => (expected[at]! += (push * Math.log2(1 + total)) / total));
      }
      gradientsOf(objective, 0, labels.length).forEach((push, at) =>
        expect(push).toBeCloseTo(expected[at]!, 9),
      );
    }),
    { numRuns: 50 },
  );
});
