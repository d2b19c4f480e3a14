import fc from 'fast-check';
import { Rng } from '#kernel';
import { BINS, binTable } from '../bins';
import { exactness } from '../objectives/objective';
import type { Kernels } from './kernels';
import { plainKernels } from './plain-kernels';
import { simdKernels } from './simd-kernels';

const simd = simdKernels();
const plain = plainKernels();

/** What all kernels make of one small table: a histogram, what is left of it without another, and the rows parted. */
const workOf = (kernels: Kernels, size: { rows: number; features: number; seed: number }) => {
  const rng = new Rng(size.seed);
  const column = () =>
    Float32Array.from({ length: size.rows }, () => (rng.below(9) === 0 ? NaN : rng.below(300)));
  const table = binTable(Array.from({ length: size.features }, column), 255, kernels);
  const { shortener } = exactness(1, size.rows);
  const gradients = kernels.float64(2 * size.rows);
  gradients.forEach(
    (_, i) => (gradients[i] = rng.uniform() * (i % 2 === 0 ? 2 : 1) - ((i + 1) % 2) + shortener - shortener),
  );
  const rows = kernels.uint32(size.rows);
  rows.set(rows.map((_, row) => row));
  const bins = table.wordsPerRow * 4 * BINS;
  const histogram = () => ({ sums: kernels.float64(2 * bins), counts: kernels.int32(bins) });
  const [all, some] = [histogram(), histogram()];
  const begin = rng.below(size.rows);
  kernels.addRows(all, table, gradients, rows, 0, size.rows);
  kernels.addRows(some, table, gradients, rows, begin, size.rows);
  const total = all.sums.slice();
  kernels.subtract(all, some);
  const goesLeft = kernels.bytes(BINS);
  goesLeft.forEach((_, bin) => (goesLeft[bin] = rng.below(2)));
  const numbers = table.numbers[0];
  const middle =
    numbers && kernels.partition(rows, begin, size.rows, numbers, goesLeft, kernels.uint32(size.rows));
  return [total, all.sums, all.counts, some.sums, some.counts, rows, middle].map((part) =>
    typeof part === 'object' ? Array.from<number>(part) : part,
  );
};

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 200 }),
  features: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(),
});

it('WebAssembly gives the bits that JavaScript gives', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      expect(workOf(simd, size)).toEqual(workOf(plain, size));
    }),
    { numRuns: 30 },
  );
});

it('keeps the arrays that there are when the memory grows', () => {
  const kernels = simdKernels();
  const first = kernels.uint32(3).fill(7);
  const large = kernels.float64(1 << 20);
  large[large.length - 1] = 1;
  expect([...first, large.at(-1), large[0]]).toEqual([7, 7, 7, 1, 0]);
});
