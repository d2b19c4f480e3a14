import fc from 'fast-check';
import { fits, matches } from './silences';

/** The slow, obvious way. */
const oracle = (pattern: string, text: string): boolean => {
  const [first] = pattern;
  if (first === undefined) return text === '';
  if (first !== '*') return text.startsWith(first) && oracle(pattern.slice(1), text.slice(1));
  return Array.from({ length: text.length + 1 }, (_, i) => text.slice(i)).some((rest) =>
    oracle(pattern.slice(1), rest),
  );
};

it('lets a star stand for any text', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 7 });
  fc.assert(
    fc.property(pattern, letters, (p, text) => fits(p, text) === oracle(p, text)),
    { numRuns: 2_000 },
  );
});

it('asks for all that is said', () => {
  const alert = { deployment: 'fraud', kind: 'feature-drift', subject: 'amount' };
  expect(matches({}, alert)).toBe(true);
  expect(matches({ deployment: 'fr*', kind: '*-drift' }, alert)).toBe(true);
  expect(matches({ deployment: 'fr*', subject: 'hour' }, alert)).toBe(false);
});
