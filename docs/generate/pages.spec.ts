import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONTRACTS } from '#contracts';
import { ERROR_CODES } from '#kernel';
import { configReference } from '#runtime';
import { COMMAND_VARIABLES } from '../../cli/src/environment';
import { REFERENCE, referencePages } from './pages';
import { fieldsOf } from './schema-fields';
import { sinceOf } from './sources/frozen-versions';
import { CONFIGS, METRICS } from './sources/services';
import { sourceFiles } from './sources/source-files';

const root = resolve(__dirname, '..', '..');
const folder = join(root, REFERENCE);
const pages = referencePages(root);

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

const code = sourceFiles(root, 'libs', 'services', 'cli');
/** All that a pattern finds in code, in order, each once. */
const named = (pattern: RegExp, files: ReadonlyMap<string, string> = code): string[] =>
  [
    ...new Set([...files.values()].flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!))),
  ].sort();

it('shows every metric that the code names, and no other', () => {
  const shown = METRICS.flatMap(({ metrics }) => Object.values(metrics)).map(({ name }) => name);
  expect(
    named(
      /'((?:playhead|process|nodejs|nv)_[a-z_]+_(?:total|seconds|bytes|ratio|count|rows|records|loaded|us|success|failure|drift|features|share|performance|predictions|open|waiting))'/g,
    ),
  ).toEqual(shown.sort());
  for (const name of shown) expect(pages.get('metrics.md')).toContain(`\`${name}\``);
});

it('makes metrics from their tables alone', () => {
  const inline =
    /\bmetrics\.(?:counter|histogram|gauge|total|named|timings|distribution)\((?!\s*[A-Z_]+METRICS[.[])([^)\n]*)/g;
  const made = sourceFiles(root, 'libs/runtime', 'libs/eventlog', 'services');
  expect(named(inline, made)).toEqual([]);
});

it('has a use for every error code', () => {
  const used = new Set(named(/'(PLAYHEAD_[A-Z_]+)'/g));
  expect(Object.keys(ERROR_CODES).filter((name) => !used.has(name))).toEqual([]);
});

it('says of every variable a default or an example, and of every number what it counts', () => {
  const variables = CONFIGS.flatMap(configReference);
  expect(
    variables
      .filter((each) => each.default === undefined && each.example === undefined)
      .map(({ name }) => name),
  ).toEqual([]);
  expect(
    variables
      .filter(({ type, unit }) => /integer|number/.test(type) && unit === undefined)
      .map(({ name }) => name),
  ).toEqual([]);
});

it('lists every variable that the command looks at', () => {
  const looking = sourceFiles(root, 'cli', 'libs/localstack');
  const seen = [
    ...named(/\benv\.([A-Z][A-Z0-9_]+)/g, looking),
    ...named(
      /^ {6}([A-Z][A-Z0-9_]+)(?:: \w+)?(?: = .*)?,$/gm,
      new Map([['', code.get('libs/localstack/src/external.ts')!]]),
    ),
  ];
  expect([...new Set(seen)].sort()).toEqual(Object.keys(COMMAND_VARIABLES).sort());
});

it('knows since which version an event has a field', () => {
  const old = { properties: { a: { type: 'string' } } };
  const now = { properties: { a: { type: 'string' }, b: { type: 'string' } } };
  expect([
    ...sinceOf(
      new Map([
        [1, old],
        [2, now],
      ]),
    ),
  ]).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
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
