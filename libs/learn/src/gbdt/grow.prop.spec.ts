import fc from 'fast-check';
import { binTable, type BinnedTable } from './bins';
import { plainKernels } from './kernels/plain-kernels';
import { TreeGrower, type GrowRules } from './grow';
import { exactness } from './objectives/objective';
import { leafOfColumns, leafOfRow, type Tree } from './tree';
import { rowMajor } from '../data-set';

/** A tree as a nested value, to compare without regard to the numbering of nodes. */
type Shape = number | { column: number; threshold: number; missingLeft: boolean; left: Shape; right: Shape };

const shapeOf = (tree: Tree, node = 0): Shape =>
  tree.column[node]! < 0
    ? tree.value[node]!
    : {
        column: tree.column[node]!,
        threshold: tree.threshold[node]!,
        missingLeft: tree.missingLeft[node] === 1,
        left: shapeOf(tree, tree.left[node]!),
        right: shapeOf(tree, tree.right[node]!),
      };

interface Problem {
  readonly columns: Float32Array[];
  readonly gradients: Float64Array;
  readonly rules: GrowRules;
}

/** Tries every feature, bound and direction for missing values on the raw values, summing anew each time. */
const slowTree = ({ columns, gradients, rules }: Problem, table: BinnedTable): Shape => {
  const sum = (rows: readonly number[], part: 0 | 1): number =>
    rows.reduce((total, row) => total + gradients[2 * row + part]!, 0);
  const weight = (rows: readonly number[], [low, high]: Range): number =>
    Math.min(high, Math.max(low, -sum(rows, 0) / (sum(rows, 1) + rules.l2)));
  const score = (rows: readonly number[], within: Range): number => {
    const [gradient, hessian] = [sum(rows, 0), sum(rows, 1) + rules.l2];
    if (within[0] === -Infinity && within[1] === Infinity) return (gradient * gradient) / hessian;
    return -(2 * gradient + hessian * weight(rows, within)) * weight(rows, within);
  };
  const allowed = (rows: readonly number[]): boolean =>
    rows.length >= rules.minSamplesLeaf && rows.length > 0 && sum(rows, 1) >= rules.minChildWeight;

  const grow = (rows: readonly number[], depth: number, within: Range): Shape => {
    let best = { gain: 0, column: -1, threshold: 0, missingLeft: false, left: rows, right: rows };
    if (depth < rules.depth) {
      for (const { column, upper } of table.features) {
        const values = columns[column]!;
        const direction = rules.directions?.[column] ?? 0;
        const someMissing = rows.some((row) => Number.isNaN(values[row]));
        for (const missingLeft of someMissing ? [false, true] : [false]) {
          for (const threshold of upper) {
            const goesLeft = (row: number): boolean =>
              Number.isNaN(values[row]) ? missingLeft : values[row]! <= threshold;
            const left = rows.filter(goesLeft);
            const right = rows.filter((row) => !goesLeft(row));
            if (!allowed(left) || !allowed(right)) continue;
            // All values on one side and the missing on the other is tried once, with the missing on the right.
            const areMissing = (side: readonly number[]): boolean =>
              side.every((row) => Number.isNaN(values[row]));
            if (missingLeft && (threshold === Infinity || areMissing(left))) continue;
            if (direction * (weight(right, within) - weight(left, within)) < 0) continue;
            const gain = score(left, within) + score(right, within) - score(rows, within);
            if (gain > best.gain) {
              const heavierLeft = 2 * sum(left, 1) > sum(rows, 1);
              best = {
                gain,
                column,
                threshold,
                missingLeft: someMissing ? missingLeft : heavierLeft,
                left,
                right,
              };
            }
          }
        }
      }
    }
    if (best.column < 0) return Math.fround(rules.learningRate * weight(rows, within));
    const { column, threshold, missingLeft, left, right } = best;
    const direction = rules.directions?.[column] ?? 0;
    const middle = weight(left, within) / 2 + weight(right, within) / 2;
    const below: Range = direction === 0 ? within : [within[0], middle];
    const above: Range = direction === 0 ? within : [middle, within[1]];
    const [ofLeft, ofRight] = direction < 0 ? [above, below] : [below, above];
    return {
      column,
      threshold,
      missingLeft,
      left: grow(left, depth + 1, ofLeft),
      right: grow(right, depth + 1, ofRight),
    };
  };
  return grow([...columns[0]!.keys()], 0, [-Infinity, Infinity]);
};

type Range = readonly [low: number, high: number];

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 2, arbitrary: fc.float({ noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(NaN) },
);

const problem: fc.Arbitrary<Problem> = fc
  .record({ rows: fc.integer({ min: 1, max: 40 }), features: fc.integer({ min: 1, max: 6 }) })
  .chain(({ rows, features }) => {
    const { shortener, unit } = exactness(1, rows);
    const short = (x: number): number => x + shortener - shortener;
    return fc.record({
      columns: fc.array(
        fc.array(value, { minLength: rows, maxLength: rows }).map((values) => Float32Array.from(values)),
        { minLength: features, maxLength: features },
      ),
      gradients: fc
        .array(
          fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
          {
            minLength: rows,
            maxLength: rows,
          },
        )
        .map((pairs) => Float64Array.from(pairs.flatMap(([g, h]) => [short(g), Math.max(unit, short(h))]))),
      rules: fc.record({
        depth: fc.integer({ min: 1, max: 4 }),
        leaves: fc.constant(0),
        learningRate: fc.constantFrom(1, 0.1),
        l2: fc.constantFrom(0, 1),
        minChildWeight: fc.constantFrom(0, 0.5, 2),
        minSamplesLeaf: fc.constantFrom(1, 2, 5),
        categoricalL2: fc.constantFrom(0, 1),
        directions: fc.option(
          fc
            .array(fc.constantFrom(-1, 0, 1), { minLength: features, maxLength: features })
            .map((of) => Int8Array.from(of)),
        ),
      }),
    });
  });

const all = (count: number): number[] => [...Array(count).keys()];

const grown = (
  { columns, gradients, rules }: Problem,
  table: BinnedTable,
): { tree: Tree; leafOf: Uint32Array } => {
  const rows = columns[0]!.length;
  const leafOf = new Uint32Array(rows);
  const sample = Uint32Array.from(all(rows));
  return {
    tree: new TreeGrower(plainKernels(), table, rules).grow(
      gradients,
      sample,
      all(table.features.length),
      leafOf,
    ),
    leafOf,
  };
};

it('grows the tree, to the bit, that trying everything on the raw values gives', () => {
  fc.assert(
    fc.property(problem, (given) => {
      const table = binTable(given.columns, 255, plainKernels());
      expect(shapeOf(grown(given, table).tree)).toEqual(slowTree(given, table));
    }),
    { numRuns: 150 },
  );
});

it('rows go down the tree on their values to the leaf that they were put in by their bins', () => {
  fc.assert(
    fc.property(problem, fc.integer({ min: 2, max: 12 }), fc.nat(63), (given, bins, categorical) => {
      const isCategorical = (column: number): boolean => ((categorical >> column) & 1) === 1;
      const columns = new Set(all(given.columns.length).filter(isCategorical));
      const table = binTable(given.columns, bins, plainKernels(), columns);
      const rules = { ...given.rules, directions: null };
      const { tree, leafOf } = grown({ ...given, rules }, table);
      const rows = rowMajor(given.columns);
      leafOf.forEach((leaf, row) => {
        expect(leafOfColumns(tree, given.columns, row)).toBe(leaf);
        expect(leafOfRow(tree, rows, row * given.columns.length)).toBe(leaf);
      });
      tree.column.forEach((column, node) => {
        const below = [tree.left[node]!, tree.right[node]!].map((child) => tree.cover[child]!);
        const reached = leafOf.filter((leaf) => leaf === node).length;
        expect(tree.cover[node]).toBe(column < 0 ? reached : below[0]! + below[1]!);
      });
    }),
  );
});

it('keeps the limit of leaves and takes the splits that gain most', () => {
  fc.assert(
    fc.property(problem, fc.integer({ min: 2, max: 6 }), (given, leaves) => {
      const table = binTable(given.columns, 255, plainKernels());
      const gainOf = ({ gain }: Tree): number => gain.reduce((sum, g) => sum + g, 0);
      const leavesOf = ({ column }: Tree): number => column.filter((at) => at < 0).length;
      const limited = grown({ ...given, rules: { ...given.rules, leaves } }, table).tree;
      const unlimited = grown(given, table).tree;
      expect(leavesOf(limited)).toBe(Math.min(leaves, leavesOf(unlimited)));
      expect(gainOf(limited)).toBeLessThanOrEqual(gainOf(unlimited) * (1 + 1e-12));
      if (leavesOf(unlimited) > 1) expect(limited.gain[0]).toBe(unlimited.gain[0]);
    }),
  );
});
