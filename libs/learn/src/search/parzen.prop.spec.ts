import * as fc from 'fast-check';
import { Rng, exp } from '#kernel';
import { ParzenEstimator } from './parzen';
import { axisOf, drawCoordinate, type Dimension } from './space';

const dimensions = fc.oneof(
  fc.record({
    type: fc.constantFrom('integer' as const, 'number' as const),
    min: fc.integer({ min: 1, max: 50 }),
    max: fc.integer({ min: 51, max: 2_000 }),
    scale: fc.constantFrom('linear' as const, 'log' as const),
  }),
  fc
    .integer({ min: 1, max: 6 })
    .map((n): Dimension => ({ type: 'choice', values: Array.from({ length: n }, (_, i) => i) })),
);

it('gives every value back from its coordinate', () => {
  fc.assert(
    fc.property(dimensions, fc.nat(), (dimension, seed) => {
      const axis = axisOf(dimension);
      const value = axis.valueAt(drawCoordinate(axis, new Rng(seed)));
      const again = axis.valueAt(axis.coordinateOf(value)!);
      if (dimension.type === 'number') expect(again).toBeCloseTo(value as number, 2);
      else expect(again).toEqual(value);
    }),
  );
});

const integrate = (density: (x: number) => number, steps = 500): number => {
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += density((i + 0.5) / steps) / steps;
  return sum;
};

const unit: Dimension = { type: 'number', min: 0, max: 1, scale: 'linear' };
const points = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
/** The density leaves out 1 / root 2 pi. */
const ROOT_TWO_PI = 2.5066282746310002;

it('is a density on a number', () => {
  fc.assert(
    fc.property(points, (coordinates) => {
      const estimator = new ParzenEstimator(
        [axisOf(unit)],
        coordinates.map((x) => [x]),
      );
      expect(integrate((x) => exp(estimator.logDensity([x])) / ROOT_TWO_PI)).toBeCloseTo(1, 2);
    }),
    { numRuns: 20 },
  );
});

it('sums to 1 over whole numbers and choices together', () => {
  const axes = [
    axisOf({ type: 'integer', min: 1, max: 30, scale: 'log' }),
    axisOf({ type: 'choice', values: ['a', 'b', 'c'] }),
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 2 })), { maxLength: 40 }),
      (values) => {
        const estimator = new ParzenEstimator(
          axes,
          values.map(([n, choice]) => [axes[0]!.coordinateOf(n)!, choice]),
        );
        let sum = 0;
        for (let n = 1; n <= 30; n++)
          for (let choice = 0; choice < 3; choice++)
            sum += exp(estimator.logDensity([axes[0]!.coordinateOf(n)!, choice]));
        expect(sum).toBeCloseTo(1, 9);
      },
    ),
    { numRuns: 20 },
  );
});

it('draws as its density says', () => {
  const axis = axisOf({ type: 'integer', min: 1, max: 8, scale: 'linear' });
  const estimator = new ParzenEstimator(
    [axis],
    [2, 2, 3, 7].map((n) => [axis.coordinateOf(n)!]),
  );
  const rng = new Rng(3);
  const counts = new Map<number, number>();
  const draws = 40_000;
  for (let i = 0; i < draws; i++) {
    const value = axis.valueAt(estimator.draw(rng)[0]!) as number;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (let n = 1; n <= 8; n++)
    expect((counts.get(n) ?? 0) / draws).toBeCloseTo(exp(estimator.logDensity([axis.coordinateOf(n)!])), 1.8);
});
