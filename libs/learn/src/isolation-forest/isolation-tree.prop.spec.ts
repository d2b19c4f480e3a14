import fc from 'fast-check';
import { Rng } from '#kernel';
import { growIsolationTree, pathOf } from './isolation-tree';
import { averagePath } from './path-length';

const value = fc.constantFrom(
  NaN,
  -Infinity,
  Infinity,
  0,
  -0,
  1,
  2,
  2.5,
  1e38,
  -3.4e38,
  3.4028234663852886e38,
);

it('each row lies in the leaf that it was grown into, and a leaf holds one row, alike rows, or the last split', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain((width) =>
          fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 30 }),
        ),
      fc.integer({ min: 0, max: 6 }),
      fc.nat(),
      (table, height, seed) => {
        const columns = table[0]!.map((_, f) => Float32Array.from(table, (row) => row[f]!));
        const rows = Uint32Array.from(table.keys());
        const tree = growIsolationTree(columns, rows, height, new Rng(seed));
        expect([...rows].sort((a, b) => a - b)).toEqual([...table.keys()]);
        // The slow way: rows by the list of their turns.
        const turns = table.map((_, row) => {
          const list: string[] = [];
          let node = 0;
          while (tree.column[node]! >= 0) {
            const cell = columns[tree.column[node]!]![row]!;
            const left = Number.isNaN(cell) ? tree.missingLeft[node] === 1 : cell <= tree.threshold[node]!;
            list.push(left ? 'l' : 'r');
            node = left ? tree.left[node]! : tree.right[node]!;
          }
          return list.join('');
        });
        table.forEach((cells, row) => {
          const together = table.filter((_, other) => turns[other] === turns[row]);
          const depth = turns[row]!.length;
          expect(pathOf(tree, (column) => columns[column]![row]!)).toBe(depth + averagePath(together.length));
          expect(depth).toBeLessThanOrEqual(height);
          const alike = together.every((other) =>
            other.every((cell, f) => cell === cells[f] || (cell !== cell && cells[f] !== cells[f])),
          );
          expect(depth === height || alike).toBe(true);
        });
        // Every split parts rows.
        tree.column.forEach((column, node) => {
          if (column >= 0) expect(tree.imbalance[node]).toBeLessThan(1);
        });
      },
    ),
  );
});
