import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONTRACTS } from '#contracts';
import { REFERENCE, referencePages } from './pages';
import { fieldsOf } from './schema-fields';

const folder = resolve(__dirname, '..', '..', REFERENCE);
const pages = referencePages();

it.each([...pages.keys()])('%s says what the code says; `npm run docs:reference` writes it anew', (name) => {
  expect(readFileSync(join(folder, name), 'utf8')).toBe(pages.get(name));
});

it('has no page that nobody writes', () => {
  expect(readdirSync(folder).filter((name) => !pages.has(name))).toEqual([]);
});

it('shows each event once, with its sample', () => {
  const page = pages.get('events.md')!;
  for (const { type, sample } of CONTRACTS) {
    expect(page.split(`\n## ${type}\n`)).toHaveLength(2);
    expect(page).toContain(JSON.stringify(sample, null, 2));
  }
});

it('opens objects, lists and alternatives of a schema', () => {
  const part = {
    type: 'object',
    required: ['to'],
    properties: { to: { type: 'integer', description: 'exclusive' } },
  };
  const schema = {
    required: ['cut'],
    properties: {
      cut: { type: 'array', items: part },
      score: { anyOf: [{ type: 'number' }, { type: 'null' }] },
      outcome: { anyOf: [{ const: 'done' }, { const: 'failed' }] },
      metrics: { type: 'object', patternProperties: { '^.*$': { type: 'number' } } },
      best: { anyOf: [part, { type: 'null' }] },
    },
  };
  expect(fieldsOf(schema)).toEqual([
    { path: 'cut', type: 'list of object', required: true, meaning: '' },
    { path: 'cut[].to', type: 'integer', required: true, meaning: 'exclusive' },
    { path: 'score', type: 'number or null', required: false, meaning: '' },
    { path: 'outcome', type: '"done" or "failed"', required: false, meaning: '' },
    { path: 'metrics', type: 'map to number', required: false, meaning: '' },
    { path: 'best', type: 'object or null', required: false, meaning: '' },
    { path: 'best.to', type: 'integer', required: true, meaning: 'exclusive' },
  ]);
});
