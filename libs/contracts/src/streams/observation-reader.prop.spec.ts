import * as fc from 'fast-check';
import type { FieldType } from '#kernel';
import type { CompiledStream } from '../definitions';
import { compileObservationEncoder, compileObservationReader, type Observation } from '.';

const NAMES = ['a', 'ab', 'b', 'id', 'constructor', '__proto__'] as const;

const streamOf = (names: readonly string[]): CompiledStream => ({
  name: 's',
  digest: '',
  key: 'id',
  id: 'id',
  time: 'time',
  partitions: 1,
  latenessMs: 0,
  dedupeMs: 0,
  skewMs: 0,
  jumpMs: 0,
  rules: [],
  fields: names.map((name) => ({ name, type: 'string' as FieldType, required: true, nullable: true })),
});

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', '2018-05-01T10:03:11.000Z', 'a":1,"b', '\ufeffbom', '\ud83d', '\u2028', 'x'.repeat(70)),
);
const scalar = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((cents) => cents / 100 + 0),
  fc.boolean(),
  fc.constant(null),
);

const names = fc.shuffledSubarray([...NAMES], { minLength: 1 });
/** An observation, and names of it in any order. */
const observed = names.chain((fields) =>
  fc.tuple(
    fc.constant(fields),
    fc
      .tuple(...fields.map((name) => fc.tuple(fc.constant(name), scalar)))
      .map((members) => Object.fromEntries(members) as Observation),
    fc.shuffledSubarray(fields),
  ),
);

/** What is asked for, as own members. */
const picked = (event: unknown, asked: readonly string[]): unknown[] =>
  asked.map((name) => (Object.hasOwn(event as object, name) ? (event as Observation)[name] : 'absent'));

const attempt = (read: () => unknown): unknown => {
  try {
    return { value: read() };
  } catch (error) {
    return (error as Error).name;
  }
};

describe('an observation reader', () => {
  it('gives what JSON.parse gives for the fields asked for, for all that the encoder writes', () => {
    fc.assert(
      fc.property(observed, ([fields, event, asked]) => {
        const value = compileObservationEncoder(streamOf(fields))(event);
        const read = compileObservationReader(asked)(value);
        expect(picked(read, asked)).toEqual(picked(JSON.parse(value.toString()), asked));
        expect(picked(read, asked)).toEqual(picked(event, asked));
      }),
      { numRuns: 2_000 },
    );
  });

  it("makes nothing else of the encoder's form, and always objects of one shape", () => {
    const encode = compileObservationEncoder(streamOf(['a', 'b', 'id']));
    const read = compileObservationReader(['a', 'id']);
    expect(read(encode({ a: 'x', b: 'y', id: 1.25 }))).toEqual({ a: 'x', id: 1.25 });
    expect(Object.keys(read(encode({ a: null, b: 'é', id: 'é' })) as object)).toEqual(['a', 'id']);
    expect(
      Object.keys(compileObservationReader(['id', 'a'])(encode({ a: '', b: 0, id: true })) as object),
    ).toEqual(['id', 'a']);
  });

  it('agrees with JSON.parse where bytes of an observation were changed, lost or doubled', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(8), fc.uint8Array({ maxLength: 4 }));
    const token = fc.constantFrom(
      ',',
      ':',
      '"',
      '{',
      '}',
      '1',
      'e',
      '.',
      '-0',
      ' ',
      '\\',
      'null',
      ',"a":2',
      '"b":[]',
    );
    const change = fc.oneof(
      damage,
      fc.tuple(
        fc.nat(),
        fc.nat(3),
        token.map((piece) => new Uint8Array(Buffer.from(piece))),
      ),
    );
    fc.assert(
      fc.property(
        observed,
        fc.array(change, { minLength: 1, maxLength: 2 }),
        ([fields, event, asked], changes) => {
          let value = compileObservationEncoder(streamOf(fields))(event);
          for (const [place, lost, put] of changes) {
            const at = place % (value.length + 1);
            value = Buffer.concat([value.subarray(0, at), put, value.subarray(at + lost)]);
          }
          const pick = (event: unknown): unknown =>
            typeof event === 'object' && event !== null ? picked(event, asked) : event;
          expect(attempt(() => pick(compileObservationReader(asked)(value)))).toEqual(
            attempt(() => pick(JSON.parse(value.toString()))),
          );
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '{"a":1,"id":"x","a":2}',
    '{"a":1,"id":"x","\\u0061":2}',
    '{"id":"x","a":1}',
    '{"a":1}',
    '{"a":-0,"id":1e3}',
    '{"a":{"id":"y"},"id":"x"}',
    '{"b":["a",{"a":1}],"a":2,"id":3}',
    ' {"a":1,"id":"x"}',
    '{"a":1,"id":"x"}\n',
    '{"a":"\\n","id":"\\ud83d"}',
    '{"a":12345678901234567890,"id":0.30000000000000004}',
    '{}',
    '[]',
    'null',
    '"a"',
  ])('reads any other form as JSON.parse does: %s', (json) => {
    const event: unknown = JSON.parse(json);
    const read = compileObservationReader(['a', 'id'])(Buffer.from(json));
    if (typeof event === 'object' && event !== null)
      expect(picked(read, ['a', 'id'])).toEqual(picked(event, ['a', 'id']));
    else expect(read).toEqual(event);
  });

  it.each(['', '{', '{"a":1', '{"a":1,}', '{"a":01,"id":"x"}', '{"a":1 "id":2}', '{"a":1,"id":"x"}}', 'x'])(
    'refuses what is no JSON: %s',
    (json) => {
      expect(() => compileObservationReader(['a', 'id'])(Buffer.from(json))).toThrow(SyntaxError);
    },
  );
});
