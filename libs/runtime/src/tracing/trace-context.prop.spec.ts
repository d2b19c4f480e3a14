import fc from 'fast-check';
import { core } from '@opentelemetry/sdk-node';
import { HEADERS } from '#contracts';
import { HeaderList, type HeaderEntry, type NewHeader } from '#eventlog';
import { contextOf, formatTraceparent, parseTraceparent, withContext } from './trace-context';

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const nearly = fc.oneof(
  fc.tuple(hex(2), hex(32), hex(16), hex(2)).map((parts) => parts.join('-')),
  fc
    .tuple(
      fc.constantFrom('00', '01', 'ff', 'cc'),
      hex(32),
      hex(16),
      hex(2),
      fc.constantFrom('', '-', '-x', 'x'),
    )
    .map(([version, trace, span, flags, more]) => `${version}-${trace}-${span}-${flags}${more}`),
  fc.constantFrom(
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`,
    `00-${'A'.repeat(32)}-${'1'.repeat(16)}-01`,
  ),
  fc.string(),
);

it('reads what the SDK reads', () => {
  fc.assert(
    fc.property(nearly, (text) => {
      const theirs = core.parseTraceParent(text);
      const ours = parseTraceparent(text);
      expect(ours).toEqual(
        theirs ? { traceId: theirs.traceId, spanId: theirs.spanId, flags: theirs.traceFlags } : undefined,
      );
    }),
    { numRuns: 2_000 },
  );
});

it('writes what it read', () => {
  const text = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-03`;
  expect(formatTraceparent(parseTraceparent(text)!)).toBe(text);
});

const headers = (...entries: readonly (readonly [string, string])[]): HeaderEntry[] =>
  entries.map(([name, value]) => [name, Buffer.from(value)]);
const texts = (entries: readonly NewHeader[]): string[] => entries.map(([name, value]) => `${name}=${value}`);

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const CHILD = { traceId: 'a'.repeat(32), spanId: 'c'.repeat(16), flags: 1 };

describe('the context of a record', () => {
  it('is what its last traceparent says, with its state', () => {
    const record = new HeaderList(
      headers(['traceparent', 'nonsense'], [HEADERS.traceparent, PARENT], [HEADERS.tracestate, 'vendor=1']),
    );
    expect(contextOf(record)).toEqual({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      flags: 1,
      state: 'vendor=1',
    });
  });

  it.each([
    ['of 200,000 bytes', '0'.repeat(200_000)],
    ['of another form', '00-1-2-01'],
    ['that is empty', ''],
  ])('is none with a traceparent %s', (_, text) => {
    expect(contextOf(new HeaderList(headers(['traceparent', text])))).toBeUndefined();
  });

  it.each(['x'.repeat(513), 'a=1\nb=2', ''])('leaves out a state that no header may hold', (state) => {
    const record = new HeaderList(headers(['traceparent', PARENT], ['tracestate', state]));
    expect(contextOf(record)).not.toHaveProperty('state');
  });
});

describe('headers with another context', () => {
  it('have it at the end where there was none', () => {
    expect(texts(withContext(headers(['ce_id', '0-1']), CHILD))).toEqual([
      'ce_id=0-1',
      `traceparent=${formatTraceparent(CHILD)}`,
    ]);
  });

  it('have it in the place of the first one, and only once', () => {
    const before = headers(
      ['x', '1'],
      ['tracestate', 'old=1'],
      ['traceparent', PARENT],
      ['ce_specversion', '1.0'],
      ['traceparent', PARENT],
    );
    expect(texts(withContext(before, { ...CHILD, state: 'new=2' }))).toEqual([
      'x=1',
      `traceparent=${formatTraceparent(CHILD)}`,
      'tracestate=new=2',
      'ce_specversion=1.0',
    ]);
  });
});
