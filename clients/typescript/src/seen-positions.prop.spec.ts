import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { SeenPositions as Platform } from '#eventlog';
import { SeenPositions, type SeenEntry } from './index';

interface Case {
  readonly name: string;
  readonly before: readonly SeenEntry[];
  readonly records: readonly [source: string, id: string][];
  readonly admitted: readonly boolean[];
  readonly after: readonly SeenEntry[];
}

/** The Python package's tests read the same file. */
const { cases, refused } = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'seen-positions.json'), 'utf8'),
) as { cases: readonly Case[]; refused: readonly string[] };

it.each(cases.map((example) => [example.name, example] as const))('%s', (_, example) => {
  const seen = SeenPositions.from(example.before);
  expect(example.records.map(([source, id]) => seen.admit(source, id))).toEqual(example.admitted);
  expect(seen.toJSON()).toEqual(example.after);
});

it.each(refused)('refuses %j, which is no position', (id) => {
  expect(() => new SeenPositions().admit('feature.vectors.fraud', id)).toThrow(RangeError);
});

it('admits what the platform’s own folds admit, stored and loaded between any two records', () => {
  const record = fc.record({
    source: fc.constantFrom('v', 'w'),
    partition: fc.nat(2),
    offset: fc.nat(12),
    k: fc.nat(2),
    reload: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 80 }), (records) => {
      const oracle = new Platform();
      let seen = new SeenPositions();
      for (const { source, partition, offset, k, reload } of records) {
        const id = k === 0 ? `${partition}-${offset}` : `${partition}-${offset}.${k}`;
        expect(seen.admit(source, id)).toBe(oracle.admit(source, { partition, offset, k }));
        if (reload) seen = SeenPositions.from(JSON.parse(JSON.stringify(seen)) as SeenEntry[]);
      }
    }),
  );
});
