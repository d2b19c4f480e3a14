import fc from 'fast-check';
import { MetricSeries, type MetricPoint } from './metric-series';

const points = fc.array(
  fc.record({
    value: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(NaN, Infinity)),
    step: fc.integer({ min: -1, max: 2 }),
    time: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 40 },
);

const key = ({ value, step, time }: MetricPoint): string => `${value}/${step}/${time}`;

it('keeps every point in order, and each distinct one once', () => {
  fc.assert(
    fc.property(points, (all) => {
      const series = MetricSeries.of(...all);
      expect(Array.from({ length: series.length }, (_, index) => series.at(index))).toEqual(all);
      expect([...series.distinct()].map(key)).toEqual([...new Set(all.map(key))]);
    }),
  );
});

it('the latest does not depend on the order of the log', () => {
  fc.assert(
    fc.property(points, (all) => {
      const latest = key(MetricSeries.of(...all).latest);
      expect(key(MetricSeries.of(...[...all].reverse()).latest)).toBe(latest);
      const greatest = Math.max(...all.map(({ step }) => step));
      expect(MetricSeries.of(...all).latest.step).toBe(greatest);
    }),
  );
});
