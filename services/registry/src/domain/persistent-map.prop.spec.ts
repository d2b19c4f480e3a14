import * as fc from 'fast-check';
import { PersistentMap } from './persistent-map';

/** Two pairs of keys with the same FNV-1a hash, so that collisions are met. */
const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom('costarring', 'liquid', 'declinate', 'macallums'),
);

it('is a Map whose every version stays as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.option(fc.integer())), { maxLength: 120 }), (writes) => {
      const oracle = new Map<string, number>();
      let map = PersistentMap.empty<number>();
      const versions = [{ map, expected: new Map(oracle) }];
      for (const [name, value] of writes) {
        if (value === null) oracle.delete(name);
        else oracle.set(name, value);
        map = value === null ? map.delete(name) : map.set(name, value);
        versions.push({ map, expected: new Map(oracle) });
      }
      for (const version of versions) {
        expect(version.map.size).toBe(version.expected.size);
        expect(new Map(version.map.entries())).toEqual(version.expected);
        for (const [name, value] of version.expected) expect(version.map.get(name)).toBe(value);
        expect(version.map.get('never written')).toBeUndefined();
      }
    }),
  );
});

it('gives the same order whatever the order of writing', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 40 }), (keys) => {
      const written = (names: readonly string[]) => [
        ...names.reduce((map, name) => map.set(name, name), PersistentMap.empty<string>()).values(),
      ];
      expect(written([...keys].reverse())).toEqual(written(keys));
    }),
  );
});
