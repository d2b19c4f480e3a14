import fc from 'fast-check';
import { Rng } from '#kernel';
import { assign, countOf, drawCentres, moveCentres, nearestCentre, type Points } from './lloyd';

const points = fc
  .integer({ min: 1, max: 3 })
  .chain((width) =>
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 25,
    }),
  )
  .map((table): Points => ({ values: Float64Array.from(table.flat()), width: table[0]!.length }));

it('first centres are distinct points, as many as asked for or as there are', () => {
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 8 }), fc.nat(), (cloud, count, seed) => {
      const keys = ({ values, width }: Points): string[] =>
        Array.from({ length: values.length / width }, (_, at) =>
          values.slice(at * width, (at + 1) * width).join(),
        );
      const distinct = new Set(keys(cloud));
      const centres = keys(drawCentres(cloud, count, new Rng(seed)));
      expect(new Set(centres).size).toBe(centres.length);
      expect(centres.length).toBe(Math.min(count, distinct.size));
      for (const centre of centres) expect(distinct.has(centre)).toBe(true);
    }),
  );
});

it('every point goes to the nearest centre, and no move of the centres makes the sum greater', () => {
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 5 }), fc.nat(), (cloud, count, seed) => {
      let centres = drawCentres(cloud, count, new Rng(seed));
      let here = assign(cloud, centres);
      for (let round = 0; round < 4; round++) {
        let sum = 0;
        here.centre.forEach((own, row) => {
          const distances = Array.from({ length: countOf(centres) }, (_, c) =>
            Array.from(
              { length: cloud.width },
              (__, f) => (cloud.values[row * cloud.width + f]! - centres.values[c * cloud.width + f]!) ** 2,
            ).reduce((a, b) => a + b, 0),
          );
          expect(distances[own]).toBe(Math.min(...distances));
          expect(nearestCentre(cloud.values, row * cloud.width, centres).distance).toBe(distances[own]);
          sum += distances[own]!;
        });
        expect(here.inertia).toBeCloseTo(sum, 9);
        centres = moveCentres(cloud, centres, here);
        const next = assign(cloud, centres);
        expect(next.inertia).toBeLessThanOrEqual(here.inertia + 1e-9);
        here = next;
      }
    }),
  );
});
