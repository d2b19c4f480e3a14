import { schemaName } from './schema-name';

it('is namespace and service where that is an identifier', () => {
  expect(schemaName('playhead', 'registry')).toBe('playhead_registry');
});

it.each([
  ['replay.7', 'replay-7'],
  ['Team', 'team'],
  [`${'n'.repeat(70)}a`, `${'n'.repeat(70)}b`],
])('keeps %s and %s apart', (one, other) => {
  const names = [schemaName(one, 'registry'), schemaName(other, 'registry')];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,63}$/);
});
