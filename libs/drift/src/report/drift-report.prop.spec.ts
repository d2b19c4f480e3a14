import fc from 'fast-check';
import { Rng } from '#kernel';
import { DriftReport, reportColumns } from './drift-report';
import { SampleSketch } from './sample-sketch';

const normal = (rng: Rng): number => {
  let sum = -1.5;
  for (let i = 0; i < 3; i++) sum += rng.uniform();
  return sum;
};

const column = (rows: number, seed: number, draw: (rng: Rng) => number): Float64Array => {
  const rng = new Rng(seed);
  return Float64Array.from({ length: rows }, () => draw(rng));
};

const values = fc.oneof(
  fc.array(fc.oneof(fc.integer({ min: -5, max: 30 }), fc.constant(null), fc.constant(-0)), {
    minLength: 1,
    maxLength: 60,
  }),
  fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN)), {
    minLength: 1,
    maxLength: 60,
  }),
);

describe('DriftReport', () => {
  it('is that of the whole columns while every value has a cell of its own, however the rows come', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 20 }), (reference, current, chunk) => {
        const report = new DriftReport([{ name: 'x' }], 4096);
        const other = new DriftReport([{ name: 'x' }], 4096);
        for (let from = 0; from < reference.length; from += chunk)
          (from % 2 === 0 ? report : other).addReference([reference.slice(from, from + chunk)]);
        for (let from = 0; from < current.length; from += chunk)
          (from % 2 === 0 ? other : report).addCurrent([current.slice(from, from + chunk)]);
        report.merge(other);
        expect(report.result()).toEqual(reportColumns([{ name: 'x' }], [reference], [current]));
      }),
    );
  });

  it('stays near the exact figures when values share cells, and says so', () => {
    const rows = 12_000;
    const shapes: [string, (rng: Rng) => number, (rng: Rng) => number][] = [
      ['normal', normal, (rng) => normal(rng) * 1.1 + 0.1],
      ['long tail', (rng) => 1 / (rng.uniform() + 1e-6), (rng) => 1.2 / (rng.uniform() + 1e-6)],
      ['far from zero', (rng) => 1e9 + rng.uniform(), (rng) => 1e9 + rng.uniform() * 1.1],
      [
        'spike',
        (rng) => (rng.uniform() < 0.5 ? 0.1 : normal(rng)),
        (rng) => (rng.uniform() < 0.55 ? 0.1 : normal(rng)),
      ],
    ];
    const columns = shapes.map(([name]) => ({ name }));
    const reference = shapes.map(([, draw], at) => column(rows, at, draw));
    const current = shapes.map(([, , draw], at) => column(rows, 100 + at, draw));
    const report = new DriftReport(columns, 4096);
    report.addReference(reference);
    report.addCurrent(current);
    for (const statistic of [
      'wasserstein',
      'kolmogorov_smirnov',
      'psi',
      'jensen_shannon',
      'kl',
      'energy',
    ] as const) {
      const exact = reportColumns(columns, reference, current, { statistic }).columns;
      report.result({ statistic }).columns.forEach((found, at) => {
        expect({ ...found, isExact: true }).toMatchObject({
          name: exact[at]!.name,
          drifted: exact[at]!.drifted,
        });
        expect(found.isExact).toBe(false);
        const difference = Math.abs(found.value! - exact[at]!.value!);
        if (difference > 0.002 * exact[at]!.value! + 0.0005)
          throw new Error(`${statistic} ${found.name} ${found.value} ${exact[at]!.value}`);
      });
    }
  });
});

describe('SampleSketch', () => {
  it('has the same cells whatever the order and the parts', () => {
    const rows = column(9000, 3, normal);
    const whole = SampleSketch.of(rows, 4096);
    const reversed = SampleSketch.of(Float64Array.from(rows).reverse(), 4096);
    const merged = SampleSketch.of(rows.subarray(0, 100), 4096);
    merged.merge(SampleSketch.of(rows.subarray(100), 4096));
    const { keys, counts } = whole.sorted();
    expect(whole.isExact).toBe(false);
    expect(keys.length).toBeLessThanOrEqual(4096);
    for (const other of [reversed, merged]) expect(other.sorted()).toMatchObject({ keys, counts });
  });

  it('counts every value in the cell that its leading bits name', () => {
    const rows = column(6000, 4, (rng) => normal(rng) * 1000);
    const { keys, counts } = SampleSketch.of(rows, 4096).sorted();
    const sorted = Float64Array.from(rows).sort((a, b) => Math.abs(a) - Math.abs(b));
    // Leading bits cut towards zero: a value belongs to the largest key of its sign that is not above its magnitude.
    const positive = keys.filter((key) => key >= 0);
    const naive = positive.map(
      (key, at) => sorted.filter((x) => x >= key && x < (positive[at + 1] ?? Infinity)).length,
    );
    expect(counts.slice(keys.length - positive.length)).toEqual(Float64Array.from(naive));
  });
});
