import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { Document, parseAllDocuments } from 'yaml';
import { definitionJsonSchema, KINDS, type Kind } from '.';
import { NodeReader } from './read-node';

const ajv = new Ajv({ strict: false, validateSchema: false });
const VALID = new Map(
  KINDS.map((kind) => {
    const { $schema: _, ...schema } = definitionJsonSchema(kind) as unknown as Record<string, unknown>;
    return [kind, ajv.compile(schema)];
  }),
);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const documents = ['smallest.yaml', 'full.yaml'].flatMap((name) =>
  parseAllDocuments(readFileSync(join(__dirname, 'golden', name), 'utf8')).map(
    (document) => document.toJS() as { kind: Kind },
  ),
);

const anyValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    'auto',
    'count',
    'number',
    '1d',
    '7 d',
    'x',
    '',
    'a-b',
    0,
    0.5,
    -1,
    1e9,
    [],
    {},
    ['x'],
    [{}],
  ),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.string({ maxLength: 3 }),
);
const anyKey = fc.constantFrom(
  'name',
  'type',
  'required',
  'min',
  'partitions',
  'empty',
  'fields',
  'x',
  'a-b',
  'window',
  'of',
);

/** The value with one thing replaced, removed or added, somewhere below. */
const mutate = (
  value: Json,
  path: readonly number[],
  replacement: Json,
  key: string,
  action: number,
): Json => {
  const [step, ...rest] = path;
  const children = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (step === undefined || children.length === 0) return replacement;
  const [at, child] = children[step % children.length]!;
  const changed = children.flatMap(([name, item]): [string, Json][] => {
    if (name !== at) return [[name, item]];
    if (rest.length === 0 && action === 1) return [];
    return [[name, rest.length === 0 && action === 2 ? item : mutate(child, rest, replacement, key, action)]];
  });
  if (Array.isArray(value)) return changed.map(([, item]) => item);
  if (rest.length === 0 && action === 2) changed.push([key, replacement]);
  return Object.fromEntries(changed);
};

it('finds a fault exactly where the published JSON Schema does', () => {
  const path = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.constantFrom(...documents),
      path,
      anyValue,
      anyKey,
      fc.nat(2),
      (document, at, value, key, action) => {
        const { kind } = document;
        const mutated = mutate(document as unknown as Json, at, value, key, action);
        const parsed = new Document(mutated, { aliasDuplicateObjects: false });
        const reader = new NodeReader('p.yaml', parsed, null);
        const read = reader.read(parsed.contents, definitionJsonSchema(kind) as never, []);
        const valid = VALID.get(kind)!(mutated);
        expect([reader.faults.map(({ message }) => message), mutated]).toEqual([
          valid ? [] : expect.arrayContaining([expect.any(String)]),
          mutated,
        ]);
        expect(reader.faults.length > 0).toBe(!valid);
        if (valid) expect(read).toEqual(mutated);
      },
    ),
    { numRuns: 2000 },
  );
});
