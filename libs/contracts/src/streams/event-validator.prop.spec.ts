import * as fc from 'fast-check';
import type { FieldType } from '#kernel';
import type { CompiledStream, FieldSpec } from '../definitions';
import { compileEventValidator, compileObservationEncoder, compileObservationText } from '.';
import { compileDecimals } from './field-reader';

/** The slow, obvious reading of one field: a value, or the code of what is wrong. */
const oracleField = (field: FieldSpec, value: unknown): { value: unknown } | { code: string } => {
  if (value === undefined) return field.required ? { code: 'MISSING_FIELD' } : { value: null };
  if (value === null) return field.nullable ? { value: null } : { code: 'NOT_NULLABLE' };
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? { value } : { code: 'WRONG_TYPE' };
    case 'timestamp': {
      if (typeof value !== 'string' && typeof value !== 'number') return { code: 'WRONG_TYPE' };
      const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
      const date =
        typeof value === 'number'
          ? new Date(Math.floor(value))
          : new Date(shape.test(value) && isCalendarDay(value) ? value : NaN);
      const year = date.getUTCFullYear();
      return year >= 0 && year <= 9999 ? { value: date.toISOString() } : { code: 'BAD_TIMESTAMP' };
    }
    case 'string': {
      if (typeof value !== 'string') return { code: 'WRONG_TYPE' };
      const text = value.normalize('NFC');
      if (Buffer.from(text, 'utf8').toString('utf8') !== text) return { code: 'NOT_UNICODE' };
      if (field.maxLength !== undefined && [...text].length > field.maxLength) return { code: 'TOO_LONG' };
      if (field.categories && !field.categories.includes(text)) return { code: 'NOT_IN_CATEGORIES' };
      return { value: text };
    }
    default: {
      if (typeof value !== 'number') return { code: 'WRONG_TYPE' };
      if (Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER)
        return { code: 'UNSAFE_INTEGER' };
      if (!Number.isFinite(value)) return { code: 'OUT_OF_RANGE' };
      if (field.type === 'integer' && value % 1 !== 0) return { code: 'WRONG_TYPE' };
      const decimal = field.decimals === undefined ? value : oracleDecimal(value, field.decimals);
      const number = Number.isNaN(decimal) ? value : decimal;
      if (field.min !== undefined && number < field.min) return { code: 'OUT_OF_RANGE' };
      if (field.max !== undefined && number > field.max) return { code: 'OUT_OF_RANGE' };
      return Number.isNaN(decimal) ? { code: 'DECIMALS' } : { value: number + 0 };
    }
  }
};

/** `Date` rolls 30 February over; a calendar does not. */
const isCalendarDay = (text: string): boolean => {
  const day = text.slice(0, 10);
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) && !text.includes('T24');
};

/** `toFixed` finds the nearest decimal exactly (ECMA-262 21.1.3.3); its units must be a safe integer, and it be near enough. */
const oracleDecimal = (value: number, decimals: number): number => {
  const nearest = value.toFixed(decimals);
  const units = BigInt(nearest.replace('.', ''));
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  if (units > most || units < -most) return NaN;
  const noise = Math.abs(value - Number(nearest));
  return noise <= Math.abs(value) / 17_592_186_044_416 && noise <= 0.001 / Number(`1e${decimals}`)
    ? Number(nearest) + 0
    : NaN;
};

const oracle = (stream: CompiledStream, raw: Record<string, unknown>): unknown => {
  const event: Record<string, unknown> = {};
  for (const field of stream.fields) {
    const read = oracleField(field, Object.hasOwn(raw, field.name) ? raw[field.name] : undefined);
    if ('code' in read) return { code: read.code, field: field.name };
    event[field.name] = read.value;
  }
  for (const [role, code] of [
    [stream.key, 'NO_KEY'],
    [stream.id, 'NO_ID'],
  ] as const) {
    if (event[role] === '') return { code, field: role };
  }
  return {
    event,
    key: String(event[stream.key]),
    id: String(event[stream.id]),
    timeMs: Date.parse(event[stream.time] as string),
  };
};

const decimalsOf = fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined, freq: 1 });
const limit = fc.option(fc.integer({ min: -100, max: 100 }), { nil: undefined, freq: 1 });

const anyField = (name: string): fc.Arbitrary<FieldSpec> =>
  fc
    .record({
      type: fc.constantFrom<FieldType>('string', 'number', 'integer', 'boolean', 'timestamp'),
      required: fc.boolean(),
      nullable: fc.boolean(),
      decimals: decimalsOf,
      min: limit,
      max: limit,
      maxLength: fc.option(fc.nat(6), { nil: undefined, freq: 1 }),
      categories: fc.option(fc.constant(['web', 'é', '']), { nil: undefined, freq: 1 }),
    })
    .map(({ type, required, nullable, decimals, min, max, maxLength, categories }) => ({
      name,
      type,
      required,
      nullable,
      ...(type === 'number' ? { decimals } : {}),
      ...(type === 'number' || type === 'integer' ? { min, max } : {}),
      ...(type === 'string' ? { maxLength, categories } : {}),
    }));

const always = { required: true, nullable: false } as const;
const anyStream: fc.Arbitrary<CompiledStream> = fc
  .tuple(fc.constantFrom<FieldType>('string', 'integer'), anyField('a'), anyField('b'), anyField('c'))
  .map(([keyType, ...others]) => ({
    name: 's',
    digest: '',
    key: 'key',
    id: 'id',
    time: 'time',
    partitions: 1,
    latenessMs: 0,
    dedupeMs: 0,
    skewMs: 0,
    jumpMs: 0,
    rules: [],
    fields: [
      { name: 'key', type: keyType, ...always },
      ...others,
      { name: 'id', type: 'string', ...always },
      { name: 'time', type: 'timestamp', ...always },
    ],
  }));

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'web', 'e\u0301', '\ud83d', '\ude00', '"\\\n\u2028', 'x'.repeat(70)),
);
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.double({ min: -120, max: 120, noNaN: true }),
  fc.integer({ min: -1e6, max: 1e6 }).map((cents) => cents / 100),
  fc.constantFrom(-0, 9007199254740993, 1e300, 1e-7, 0.1 + 0.2),
);
const time = fc.oneof(
  fc
    .date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
  fc
    .date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().replace(/\.\d+Z$/, 'Z')),
  fc
    .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 14 }), fc.integer({ min: 20, max: 32 }))
    .map(
      ([year, month, day]) =>
        `20${String(year).padStart(2, '0')}-${String(month).padStart(2, '0')}-${day}T10:11:12.5+02:30`,
    ),
  fc.integer({ min: -62_167_219_300_000, max: 253_402_300_900_000 }),
  fc.double({ min: 0, max: 2e12, noNaN: true }),
);
const value = fc.oneof(text, number, time, fc.boolean(), fc.constant(null), fc.constant({}), fc.constant([]));
const short = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 4 }), fc.constantFrom('web', 'e\u0301'));
const cents = fc.integer({ min: -10_000, max: 10_000 }).map((hundredths) => hundredths / 100);
const FITTING: Readonly<Record<FieldType, fc.Arbitrary<unknown>>> = {
  string: short,
  number: fc.oneof(cents, number),
  integer: fc.integer({ min: -100, max: 100 }),
  boolean: fc.boolean(),
  timestamp: time,
};

/** Mostly of the declared type, sometimes anything, sometimes absent; and members that no stream declares. */
const eventOf = (stream: CompiledStream): fc.Arbitrary<Record<string, unknown>> => {
  const members = stream.fields.map(({ name, type }) =>
    fc
      .option(fc.oneof({ weight: 12, arbitrary: FITTING[type] }, { weight: 1, arbitrary: value }), {
        nil: undefined,
        freq: 20,
      })
      .map((member) => [name, member] as const),
  );
  const others = fc.dictionary(fc.constantFrom('d', '__proto__', 'constructor'), value, { maxKeys: 2 });
  return fc.tuple(others, ...members).map(([other, ...own]) => Object.assign(other, Object.fromEntries(own)));
};

const streamWithEvents = anyStream.chain((stream) =>
  fc.tuple(fc.constant(stream), fc.array(eventOf(stream), { minLength: 1, maxLength: 5 })),
);

it('agrees with the obvious reading, for any stream and any JSON object', () => {
  fc.assert(
    fc.property(streamWithEvents, ([stream, events]) => {
      const validate = compileEventValidator(stream);
      const encode = compileObservationEncoder(stream);
      const textOf = compileObservationText(stream);
      for (const one of events) {
        const raw = JSON.parse(JSON.stringify(one)) as Record<string, unknown>;
        const result = validate(raw);
        const { fault } = result;
        expect(fault ? { code: fault.code, field: fault.field } : result).toEqual(oracle(stream, raw));
        if (fault !== undefined) continue;
        expect(Object.keys(result.event)).toEqual(stream.fields.map((field) => field.name));
        const json = JSON.stringify(result.event);
        expect(textOf(result.event)).toBe(json);
        expect(encode(result.event)).toEqual(Buffer.from(json, 'utf8'));
        expect(validate(JSON.parse(json) as Record<string, unknown>)).toEqual(reread(stream, result));
      }
    }),
    { numRuns: 1500 },
  );
});

/** An observation is valid again, unless it holds the null of an optional field that may not be sent as null. */
const reread = (stream: CompiledStream, result: { event: Readonly<Record<string, unknown>> }): unknown => {
  const absent = stream.fields.find((field) => result.event[field.name] === null && !field.nullable);
  return absent
    ? { fault: { code: 'NOT_NULLABLE', message: `${absent.name} is null`, field: absent.name } }
    : result;
};

it('finds the decimal of a number, through the noise of computing and where multiples are large', () => {
  const large = fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 54n }), fc.integer({ min: 0, max: 15 }))
    .map(([digits, decimals]) => Number(digits) / Number(`1e${decimals}`));
  const noisy = fc
    .tuple(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: -500, max: 500 }),
    )
    .map(
      ([digits, decimals, ulps]) => (Number(digits) / Number(`1e${decimals}`)) * (1 + ulps * Number.EPSILON),
    );
  fc.assert(
    fc.property(
      fc.oneof(large, noisy, fc.double({ noNaN: true, noDefaultInfinity: true })),
      fc.integer({ min: 0, max: 15 }),
      fc.boolean(),
      (magnitude, decimals, negative) => {
        fc.pre(!Number.isInteger(magnitude) || Number.isSafeInteger(magnitude));
        const candidate = negative ? -magnitude : magnitude;
        const decimal = compileDecimals(decimals)(candidate) + 0;
        expect([candidate, decimal]).toEqual([candidate, oracleDecimal(candidate, decimals)]);
      },
    ),
    { numRuns: 3000 },
  );
});

it('cuts observations from slabs without one touching another', () => {
  const stream: CompiledStream = {
    name: 's',
    digest: '',
    key: 'key',
    id: 'key',
    time: 'key',
    partitions: 1,
    latenessMs: 0,
    dedupeMs: 0,
    skewMs: 0,
    jumpMs: 0,
    rules: [],
    fields: [{ name: 'key', type: 'string', ...always }],
  };
  const encode = compileObservationEncoder(stream);
  const events = Array.from({ length: 5000 }, (_, index) => ({
    key: index % 7 === 0 ? `ä"${index}` : 'k'.repeat(index % 80),
  }));
  const encoded = events.map(encode);
  expect(encoded.map((bytes) => bytes.toString())).toEqual(events.map((one) => JSON.stringify(one)));
});
