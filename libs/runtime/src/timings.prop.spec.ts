import fc from 'fast-check';
import { renderTimings } from './exposition';
import { Timings } from './timings';

const bounds = fc
  .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 })
  .map((list) => list.sort((one, other) => one - other));
const seen = fc.array(
  fc.record({ label: fc.constantFrom('a', 'b "c"\n'), value: fc.integer({ min: 0, max: 60 }) }),
  { maxLength: 60 },
);

it('counts what a look at all values counts', () => {
  fc.assert(
    fc.property(bounds, seen, (boundaries, values) => {
      const spec = { name: 'x', kind: 'histogram', unit: '', labels: { label: '' }, help: '' } as const;
      const timings = new Timings(spec, boundaries);
      values.forEach(({ label, value }, at) =>
        at % 2 ? timings.series({ label }).record(value) : timings.series({ label }).add(value, 1),
      );
      const lines = [...new Set(values.map(({ label }) => label))].flatMap((label) => {
        const own = values.filter((each) => each.label === label).map(({ value }) => value);
        const text = label === 'a' ? 'label="a"' : 'label="b \\"c\\"\\n"';
        return [
          ...boundaries.map(
            (bound) => `x_bucket{${text},le="${bound}"} ${own.filter((value) => value <= bound).length}`,
          ),
          `x_bucket{${text},le="+Inf"} ${own.length}`,
          `x_sum{${text}} ${own.reduce((sum, value) => sum + value, 0)}`,
          `x_count{${text}} ${own.length}`,
        ];
      });
      expect(renderTimings(timings, 'text').split('\n').slice(2, -1)).toEqual(lines);
    }),
  );
});
