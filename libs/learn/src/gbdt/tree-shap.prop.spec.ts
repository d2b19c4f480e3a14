import fc from 'fast-check';
import { predictEnsemble, type Ensemble } from './ensemble';
import { goesLeft, TreeBuilder, type Tree } from './tree';
import { treeContributions } from './tree-shap';

const FEATURES = 4;

type Plan =
  | {
      column: number;
      threshold: number;
      isSet: boolean;
      missingLeft: boolean;
      cover: number;
      left: Plan;
      right: Plan;
    }
  | number;

const { plan } = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    fc.integer({ min: 1, max: 9 }),
    fc.record({
      column: fc.nat(FEATURES - 1),
      threshold: fc.integer({ min: -2, max: 2 }),
      isSet: fc.boolean(),
      missingLeft: fc.boolean(),
      cover: fc.constant(0),
      left: tie('plan'),
      right: tie('plan'),
    }),
  ),
}));

const coverOf = (of: Plan): number => (typeof of === 'number' ? of : coverOf(of.left) + coverOf(of.right));

const treeOf = (whole: Plan): Tree => {
  const builder = new TreeBuilder();
  const add = (of: Plan): number => {
    const node = builder.addLeaf(coverOf(of));
    if (typeof of === 'number') builder.setValue(node, of * of - 7);
    else {
      const { column, threshold, isSet, missingLeft } = of;
      const categories = isSet ? Float32Array.of(threshold, threshold + 1) : null;
      builder.split(
        node,
        { column, threshold, categories, missingLeft, gain: 1 },
        add(of.left),
        add(of.right),
      );
    }
    return node;
  };
  add(whole);
  return builder.build();
};

/** What is expected of a tree when only the features in `known` (bits) are. */
const expectation = (tree: Tree, row: Float32Array, known: number, node = 0): number => {
  const column = tree.column[node]!;
  if (column < 0) return tree.value[node]!;
  const [left, right] = [tree.left[node]!, tree.right[node]!];
  if ((known >> column) & 1) {
    return expectation(tree, row, known, goesLeft(tree, node, row[column]!) ? left : right);
  }
  const share = (child: number): number =>
    (tree.cover[child]! / tree.cover[node]!) * expectation(tree, row, known, child);
  return share(left) + share(right);
};

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const sizeOf = (set: number): number => [...set.toString(2)].filter((bit) => bit === '1').length;

/** Shapley values as they are defined: over all sets of the other features. */
const slowContributions = (tree: Tree, row: Float32Array): number[] => [
  ...Array.from({ length: FEATURES }, (_, feature) => {
    let sum = 0;
    for (let set = 0; set < 2 ** FEATURES; set++) {
      if ((set >> feature) & 1) continue;
      const weight = (factorial(sizeOf(set)) * factorial(FEATURES - sizeOf(set) - 1)) / factorial(FEATURES);
      sum += weight * (expectation(tree, row, set | (1 << feature)) - expectation(tree, row, set));
    }
    return sum;
  }),
  expectation(tree, row, 0),
];

const row = fc
  .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(NaN)), {
    minLength: FEATURES,
    maxLength: FEATURES,
  })
  .map((values) => Float32Array.from(values));

it('gives the Shapley values that summing over all sets of features gives', () => {
  fc.assert(
    fc.property(fc.array(plan, { minLength: 2, maxLength: 4 }), row, (plans, values) => {
      const trees = plans.map(treeOf);
      const ensemble: Ensemble = { task: 'multiclass', features: FEATURES, base: [0.5, -1], trees };
      const found = treeContributions(ensemble, values);
      const expected = [0.5, -1].flatMap((base, output) => {
        const parts = trees.filter((_, t) => t % 2 === output).map((tree) => slowContributions(tree, values));
        return Array.from({ length: FEATURES + 1 }, (_, at) =>
          parts.reduce((sum, part) => sum + part[at]!, at === FEATURES ? base : 0),
        );
      });
      found.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 9));
    }),
    { numRuns: 200 },
  );
});

it('contributions sum to the score', () => {
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1, maxLength: 4 }), row, (plans, values) => {
      const ensemble: Ensemble = {
        task: 'regression',
        features: FEATURES,
        base: [2],
        trees: plans.map(treeOf),
      };
      const sum = treeContributions(ensemble, values).reduce((total, part) => total + part, 0);
      expect(sum).toBeCloseTo(predictEnsemble(ensemble, values)[0]!, 4);
    }),
  );
});
