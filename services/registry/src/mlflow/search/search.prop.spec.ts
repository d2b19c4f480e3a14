import fc from 'fast-check';
import { RUNS } from './dialects';
import { parseFilter } from './filter';
import { isLike } from './like';
import { matches } from './match';
import { sortBy, type Order } from './order';
import { pageOf } from './page';
import { tokensOf } from './tokens';

it('LIKE is what a regular expression of the pattern says', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, (text, pattern) => {
      const escaped = pattern.replace(/[.*]/g, '\\$&').replaceAll('%', '.*').replaceAll('_', '.');
      expect(isLike(text, pattern)).toBe(new RegExp(`^${escaped}$`, 's').test(text));
    }),
  );
});

it('LIKE ends soon on hostile patterns', () => {
  const text = 'a'.repeat(5_000);
  expect(isLike(text, `${'%a'.repeat(200)}%b`)).toBe(false);
});

it('any text is cut into tokens or refused, never worse', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      try {
        tokensOf(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
      }
    }),
  );
});

it('a filter keeps what the same comparison in code keeps', () => {
  const runs = fc.array(
    fc.record({ auc: fc.option(fc.integer({ min: 0, max: 9 })), kind: fc.constantFrom('a', 'b') }),
  );
  const operators = {
    '>': (a: number, b: number) => a > b,
    '<=': (a: number, b: number) => a <= b,
    '!=': (a: number, b: number) => a !== b,
  };
  fc.assert(
    fc.property(
      runs,
      fc.constantFrom('>' as const, '<=' as const, '!=' as const),
      fc.integer({ min: 0, max: 9 }),
      (all, operator, bound) => {
        const clauses = parseFilter(`metrics.auc ${operator} ${bound} AND params.kind = 'a'`, RUNS);
        const kept = all.filter((run) =>
          matches(clauses, ({ key }) => (key === 'auc' ? (run.auc ?? undefined) : run.kind)),
        );
        expect(kept).toEqual(
          all.filter(({ auc, kind }) => auc !== null && operators[operator](auc, bound) && kind === 'a'),
        );
      },
    ),
  );
});

it('an order puts what is absent last both ways, a NaN before it, and keeps every entity', () => {
  const values = fc.array(
    fc.option(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(NaN)), { nil: undefined }),
  );
  fc.assert(
    fc.property(values, fc.boolean(), (all, ascending) => {
      const order: Order = { kind: 'metric', key: 'x', ascending };
      const sorted = sortBy(all, [order], (value) => () => value);
      const numbers = all.filter((value): value is number => value !== undefined && !Number.isNaN(value));
      expect(sorted).toEqual([
        ...numbers.sort((a, b) => (ascending ? a - b : b - a)),
        ...all.filter((value) => Number.isNaN(value)),
        ...all.filter((value) => value === undefined),
      ]);
    }),
  );
});

it('pages joined are the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (all, size) => {
      const seen: number[] = [];
      let token: string | undefined;
      do {
        const { entities, next } = pageOf(all, token, size);
        seen.push(...entities);
        token = next;
      } while (token !== undefined);
      expect(seen).toEqual(all);
    }),
  );
});

it.each(['%%%', 'bm90IGpzb24=', btoa('{"offset":-1}'), btoa('{"offset":"x"}'), btoa('null')])(
  'refuses the page token %s',
  (token) => {
    expect(() => pageOf([1], token, 1)).toThrow('Invalid page token');
  },
);
