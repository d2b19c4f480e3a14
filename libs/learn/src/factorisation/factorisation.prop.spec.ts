import fc from 'fast-check';
import { Rng } from '#kernel';
import { drawTable, objectiveOf, rowsByPlace, solveSide, type Ratings } from './als';
import { ID_LIMIT, idFaults, KnownIds } from './ids';

const ratings = fc
  .array(
    fc.record({
      user: fc.integer({ min: 0, max: 5 }),
      item: fc.integer({ min: 0, max: 4 }),
      value: fc.integer({ min: -5, max: 5 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((rows): Ratings => ({
    // The places 5 and 4 are the unknown ones.
    users: Uint32Array.from(rows, ({ user }) => user),
    items: Uint32Array.from(rows, ({ item }) => item),
    values: Float64Array.from(rows, ({ value }) => value),
    userCount: 5,
    itemCount: 4,
  }));

it('no half step makes the objective greater, and after it no change of one number makes it less', () => {
  fc.assert(
    fc.property(
      ratings,
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(0.01, 0.3, 2),
      fc.nat(),
      (given, factors, l2, seed) => {
        const rng = new Rng(seed);
        const users = drawTable(5, factors, rng);
        const items = drawTable(4, factors, rng);
        const objective = (): number => objectiveOf(given, users, items, factors, l2);
        const byUser = rowsByPlace(given.users, 5);
        const byItem = rowsByPlace(given.items, 4);
        let last = objective();
        for (let epoch = 0; epoch < 3; epoch++) {
          solveSide(byUser, users, given.items, items, given.values, factors, l2);
          expect(objective()).toBeLessThanOrEqual(last + 1e-9);
          solveSide(byItem, items, given.users, users, given.values, factors, l2);
          expect(objective()).toBeLessThanOrEqual(last + 1e-9);
          last = objective();
        }
        for (let at = 0; at < 4 * (factors + 1); at++) {
          for (const by of [1e-3, -1e-3]) {
            items[at]! += by;
            expect(objective()).toBeGreaterThanOrEqual(last - 1e-9);
            items[at]! -= by;
          }
        }
        // What is unknown stays worth nothing.
        expect(
          [...users.subarray(5 * (factors + 1)), ...items.subarray(4 * (factors + 1))].every((n) => n === 0),
        ).toBe(true);
      },
    ),
  );
});

it('rows by place are all rows, each at its place, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (places) => {
      const { starts, order } = rowsByPlace(Uint32Array.from(places), 5);
      for (let place = 0; place <= 5; place++) {
        const expected = [...places.keys()].filter((row) => places[row] === place);
        expect([...order.subarray(starts[place], starts[place + 1])]).toEqual(expected);
      }
    }),
  );
});

it('ids have their place in ascending order, and everything else the one behind them', () => {
  const id = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: ID_LIMIT - 1 }));
  fc.assert(
    fc.property(fc.array(id, { minLength: 1 }), fc.double(), (given, other) => {
      const column = Float32Array.from([...given, NaN]);
      expect(idFaults('user', column)).toEqual([]);
      const known = KnownIds.of(column);
      const sorted = [...new Set(given)].sort((a, b) => a - b);
      expect(known.ids).toEqual(sorted);
      for (const each of given) expect(known.placeOf(each)).toBe(sorted.indexOf(each));
      if (!sorted.includes(other + 0)) expect(known.placeOf(other)).toBe(sorted.length);
    }),
  );
});
