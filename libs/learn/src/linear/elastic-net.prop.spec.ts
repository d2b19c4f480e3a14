import fc from 'fast-check';
import { minimise } from './elastic-net';
import { bestShift } from './logistic-multinomial';

const value = fc.integer({ min: -9, max: 9 });

/** x'Ax/2 - b'x + l1 x sum of |x_i| over the first `penalised`. */
const objective = (
  a: Float64Array,
  b: Float64Array,
  l1: number,
  penalised: number,
  x: Float64Array,
): number => {
  const n = b.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += (i < penalised ? l1 * Math.abs(x[i]!) : 0) - b[i]! * x[i]!;
    for (let j = 0; j < n; j++) sum += 0.5 * a[i * n + j]! * x[i]! * x[j]!;
  }
  return sum;
};

it('no point near the answer is better, whatever the table, the pull and the start', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }).chain((n) =>
        fc.array(fc.array(value, { minLength: n + 1, maxLength: n + 1 }), {
          minLength: n + 2,
          maxLength: 12,
        }),
      ),
      fc.constantFrom(0, 0.5, 7, 1000),
      fc.boolean(),
      (table, l1, withIntercept) => {
        const n = table[0]!.length - 1;
        const a = new Float64Array(n * n);
        const b = new Float64Array(n);
        for (const row of table)
          for (let i = 0; i < n; i++) {
            b[i]! += row[i]! * row[n]!;
            for (let j = 0; j < n; j++) a[i * n + j]! += row[i]! * row[j]! + (i === j ? 0.25 : 0);
          }
        const penalised = withIntercept ? n - 1 : n;
        const lower = a.map((each, at) => (at % n > Math.floor(at / n) ? 0 : each));
        const start = new Float64Array(n).fill(3);
        const x = minimise({ a: lower, b, l1, penalised }, start, () => undefined);
        const best = objective(a, b, l1, penalised, x);
        for (let i = 0; i < n; i++)
          for (const by of [1e-3, -1e-3, 1, -x[i]!]) {
            const other = x.slice();
            other[i]! += by;
            expect(objective(a, b, l1, penalised, other)).toBeGreaterThan(best - 1e-9 * (1 + Math.abs(best)));
          }
      },
    ),
  );
});

it('no other shift costs less', () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 6 }),
      fc.constantFrom([0, 1], [1, 0], [0.5, 0.5], [3, 0.1]),
      (values, [l1, l2]) => {
        const cost = (t: number): number =>
          values.reduce((sum, v) => sum + l1! * Math.abs(v - t) + (l2! / 2) * (v - t) ** 2, 0);
        const best = cost(bestShift(Float64Array.from(values), l1!, l2!));
        for (let t = -10; t <= 10; t += 0.125) expect(cost(t)).toBeGreaterThan(best - 1e-9);
      },
    ),
  );
});
