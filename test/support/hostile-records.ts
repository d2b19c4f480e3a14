/** Records that break one rule each, and what must become of them. All are sent to one partition in the order given. */
import type { HeaderEntry } from '#eventlog';
import { DAY, at, ownerOf, payment, type Payment } from './payments';

/** Good ones, whatever they look like. */
export const ODD_CUSTOMERS = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '\u0000',
  '\u{1f4b3} card',
  'Am\u00e9lie',
  '../../etc/passwd',
  'k'.repeat(1_000),
  "'; drop table x; --",
];

/** What a record of the inbox becomes; `moved` without a code, the others with one of the reference's codes. */
export type Expected =
  | { readonly kind: 'observation'; readonly event?: Partial<Record<keyof Payment, unknown>> }
  | { readonly kind: 'rejection'; readonly code: string; readonly field?: keyof Payment }
  | { readonly kind: 'dead letter'; readonly code: string }
  | { readonly kind: 'moved' };

export interface Sent {
  readonly value: Buffer | string | null;
  readonly key?: string | null;
  readonly headers?: readonly HeaderEntry[];
  readonly expected: Expected;
}

export interface HostileCase {
  readonly name: string;
  readonly partition: number;
  readonly sent: readonly Sent[];
  /** Event time of the good record behind them. */
  readonly goodAt?: string;
  /** Sent after everything else, because it makes other events late. */
  readonly last?: boolean;
}

const observed = (event?: Partial<Record<keyof Payment, unknown>>): Expected => ({
  kind: 'observation',
  event,
});
const rejected = (code: string, field?: keyof Payment): Expected => ({ kind: 'rejection', code, field });
const dead = (code: string): Expected => ({ kind: 'dead letter', code });

const header = (name: string, value: string): HeaderEntry => [name, Buffer.from(value)];
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const AMOUNT = '12.34';

/** Spread over the partitions. */
export const hostileCases = (): HostileCase[] => {
  const cases: HostileCase[] = [];
  const next = (): number => cases.length % 3; // the fourth partition is for watermarks
  const add = (name: string, partition: number, sent: readonly Sent[]): void =>
    void cases.push({ name, partition, sent });
  const raw = (name: string, value: Sent['value'], expected: Expected, more: Partial<Sent> = {}): void =>
    add(name, next(), [{ value, expected, ...more }]);
  /** One payment with some members changed; sent to the owner of its customer. */
  const event = (name: string, members: object, expected: Expected, more: Partial<Sent> = {}): void => {
    const made = payment(next(), members);
    const partition =
      typeof made.customer_id === 'string' ? ownerOf(made.customer_id.normalize('NFC')) : next();
    add(name, partition, [{ value: JSON.stringify(made), expected, ...more }]);
  };
  /** One payment whose text is changed, for what JSON.stringify cannot write. */
  const text = (
    name: string,
    change: (json: string) => string | Buffer,
    expected: Expected,
    more: Partial<Sent> = {},
  ): void => add(name, next(), [{ value: change(JSON.stringify(payment(next()))), expected, ...more }]);
  const amount = (name: string, written: string, expected: Expected): void =>
    text(name, (json) => json.replace(AMOUNT, written), expected);

  // What is no JSON object.
  text('bad JSON', (json) => json.slice(0, -5), dead('NOT_JSON'));
  text('JSON with something behind it', (json) => `${json}}`, dead('NOT_JSON'));
  text('two objects in one value', (json) => `${json}\n${json}`, dead('NOT_JSON'));
  amount('NaN', 'NaN', dead('NOT_JSON'));
  text('single quotes', (json) => json.replaceAll('"', "'"), dead('NOT_JSON'));
  text('an array of one event', (json) => `[${json}]`, dead('NOT_AN_OBJECT'));
  text('an event as text', (json) => JSON.stringify(json), dead('NOT_AN_OBJECT'));
  raw('a number', '17', dead('NOT_AN_OBJECT'));
  raw('null', 'null', dead('NOT_AN_OBJECT'));
  raw('an empty value', '', dead('NOT_JSON'));
  raw('white space', ' \r\n\t ', dead('NOT_JSON'));
  raw('a null value (tombstone)', null, dead('NO_VALUE'), { key: 'c-1' });
  raw('arrays 100,000 deep', nested(100_000), dead('NOT_AN_OBJECT'));
  raw('arrays 900,000 deep that are never closed', '['.repeat(900_000), dead('NOT_JSON'));
  raw('NUL bytes', Buffer.alloc(1_000), dead('NOT_JSON'));
  raw(
    'bytes of another serializer',
    Buffer.from([0, 0, 0, 0, 7, 0x48, 0x80, 0xfe, 0xff, 3]),
    dead('NOT_UTF8'),
  );
  text(
    'invalid UTF-8 inside a text',
    (json) => Buffer.from(json.replace('t-1', 'tÿ1'), 'latin1'),
    dead('NOT_UTF8'),
  );
  text(
    'a surrogate written in UTF-8',
    (json) =>
      Buffer.concat([
        Buffer.from(json.slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from('"}'),
      ]),
    dead('NOT_UTF8'),
  );
  text('UTF-16', (json) => Buffer.from(`\ufeff${json}`, 'utf16le'), dead('NOT_UTF8'));
  text('a NUL character that is not escaped', (json) => json.replace('t-1', 't\u0000'), dead('NOT_JSON'));
  raw('bad JSON with 1,000 headers', 'no', dead('NOT_JSON'), { headers: manyHeaders(1_000) });
  raw('bad JSON with 200,000 headers', 'no', dead('NOT_JSON'), {
    headers: Array.from({ length: 200_000 }, () => header('', '')),
  });

  // What is an object and breaks the stream's schema.
  raw('an empty object', '{}', rejected('MISSING_FIELD', 'transaction_id'));
  event('a missing field', { amount: undefined }, rejected('MISSING_FIELD', 'amount'));
  event('a missing key', { customer_id: undefined }, rejected('MISSING_FIELD', 'customer_id'));
  event('null where it may not be', { amount: null }, rejected('NOT_NULLABLE', 'amount'));
  event('a null key', { customer_id: null }, rejected('NOT_NULLABLE', 'customer_id'));
  event('a text for a number', { amount: AMOUNT }, rejected('WRONG_TYPE', 'amount'));
  event(
    'an object for a number',
    { amount: { valueOf: 1, toString: 'x' } },
    rejected('WRONG_TYPE', 'amount'),
  );
  amount('arrays 100,000 deep for a number', nested(100_000), rejected('WRONG_TYPE', 'amount'));
  event('a number for a text', { terminal_id: 7 }, rejected('WRONG_TYPE', 'terminal_id'));
  const numberKey = payment(0, { customer_id: 4961 as unknown as string });
  add('a number for the key', ownerOf('4961'), [
    { value: JSON.stringify(numberKey), expected: rejected('WRONG_TYPE', 'customer_id') },
  ]);
  event('below the range', { amount: -0.01 }, rejected('OUT_OF_RANGE', 'amount'));
  event('above the range', { amount: 100_000.01 }, rejected('OUT_OF_RANGE', 'amount'));
  amount('1e400', '1e400', rejected('OUT_OF_RANGE', 'amount'));
  amount('-1e400', '-1e400', rejected('OUT_OF_RANGE', 'amount'));
  amount('an integer beyond 2^53', '9007199254740993', rejected('UNSAFE_INTEGER', 'amount'));
  event('too many decimals', { amount: 12.345 }, rejected('DECIMALS', 'amount'));
  amount('many decimals', '0.1234567890123456789012345678901234567890', rejected('DECIMALS', 'amount'));
  event('a CEL rule that fails', { amount: 50_000 }, rejected('RULE_FAILED'));
  event('half of a surrogate pair', { terminal_id: 't\ud800' }, rejected('NOT_UNICODE', 'terminal_id'));
  event(
    'half of a surrogate pair in the key',
    { customer_id: '\udfff' },
    rejected('NOT_UNICODE', 'customer_id'),
  );
  event('an empty key', { customer_id: '' }, rejected('NO_KEY', 'customer_id'));
  event('an empty id', { transaction_id: '' }, rejected('NO_ID', 'transaction_id'));
  add('a key of 1,001 characters', next(), [
    {
      value: JSON.stringify(payment(0, { customer_id: 'k'.repeat(1_001) })),
      expected: rejected('TOO_LONG', 'customer_id'),
    },
  ]);
  event('an id of 900 KB', { transaction_id: 'i'.repeat(900_000) }, rejected('TOO_LONG', 'transaction_id'));
  for (const [name, time] of BAD_TIMES)
    event(`${name} for a timestamp`, { event_time: time }, rejected('BAD_TIMESTAMP', 'event_time'));
  event('true for a timestamp', { event_time: true }, rejected('WRONG_TYPE', 'event_time'));
  event(
    'a text that triples when it is normalised',
    { terminal_id: '\u{1d160}'.repeat(240_000) },
    rejected('TOO_LARGE'),
  );
  raw(
    '__proto__ and constructor in place of the fields',
    '{"__proto__":{"transaction_id":"p","amount":1},"constructor":{"prototype":{"amount":1}}}',
    rejected('MISSING_FIELD', 'transaction_id'),
  );
  text(
    '__proto__ in place of one field',
    (json) => json.replace(`"amount":${AMOUNT}`, '"__proto__":{"amount":1}'),
    rejected('MISSING_FIELD', 'amount'),
  );

  // What looks bad and is good.
  amount('-0', '-0', observed({ amount: 0 }));
  amount('the noise of computing with doubles', '0.30000000000000004', observed({ amount: 0.3 }));
  amount('a number with an exponent', '1234e-2', observed({ amount: 12.34 }));
  text(
    'a name twice',
    (json) => json.replace(`"amount":${AMOUNT}`, '"amount":"x","amount":7'),
    observed({ amount: 7 }),
  );
  text(
    '__proto__ and constructor beside the fields',
    (json) =>
      `${json.slice(0, -1)},"__proto__":{"amount":1,"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
    observed({ amount: 12.34 }),
  );
  text(
    'unknown fields 100,000 deep',
    (json) => `${json.slice(0, -1)},"deep":${nested(100_000)}}`,
    observed(),
  );
  text(
    'a surrogate half in an unknown field',
    (json) => `${json.slice(0, -1)},"x\\ud800":"\\udfff"}`,
    observed(),
  );
  event(
    'escaped control characters',
    { terminal_id: '\u0000\u0001\u001f\u007f' },
    observed({ terminal_id: '\u0000\u0001\u001f\u007f' }),
  );
  event(
    '900 KB in a field',
    { terminal_id: 'y'.repeat(900_000) },
    observed({ terminal_id: 'y'.repeat(900_000) }),
  );
  text(
    '900 KB in an unknown field',
    (json) => `${json.slice(0, -1)},"x":"${'y'.repeat(900_000)}"}`,
    observed(),
  );
  text(
    'as large as a record can be',
    (json) => `${json.slice(0, -1)},"x":"${'y'.repeat(1_099_000)}"}`,
    observed(),
  );
  event('just below the largest observation', { terminal_id: '\u{1d160}'.repeat(166_000) }, observed());
  event(
    'the largest observation and large headers of the sender',
    { terminal_id: '\u{1d160}'.repeat(166_000) },
    observed(),
    {
      headers: [header('traceparent', '0'.repeat(200_000)), header('ce_correlationid', 'c'.repeat(200_000))],
    },
  );
  text('1,000 headers', (json) => json, observed(), { headers: manyHeaders(1_000) });
  text('headers of the platform itself', (json) => json, observed(), {
    headers: [
      'ce_id',
      'ce_type',
      'ce_source',
      'ce_time',
      'ph_control',
      'ph_source_crc',
      'ph_origin',
      'ph_code',
    ].map((name) => header(name, '0-0')),
  });
  text('no key', (json) => json, observed(), { key: null });
  text('another key', (json) => json, observed(), { key: 'somebody else' });
  for (const customer of ODD_CUSTOMERS) {
    event(
      `the customer ${JSON.stringify(customer.slice(0, 30))}`,
      { customer_id: customer },
      observed({ customer_id: customer }),
    );
  }
  for (const id of ['__proto__', '\u0000', '\ufeff\u202e', 'i'.repeat(1_000)]) {
    event(
      `the id ${JSON.stringify(id.slice(0, 30))}`,
      { transaction_id: id },
      observed({ transaction_id: id }),
    );
  }
  event('a customer in decomposed form', { customer_id: 'Zoe\u0308' }, observed({ customer_id: 'Zo\u00eb' }));
  event('epoch milliseconds', { event_time: Date.parse(at(0)) }, observed({ event_time: at(0) }));
  event(
    'another zone',
    { event_time: at(-7_200_000).replace('.000Z', '.000999-02:00') },
    observed({ event_time: at(0) }),
  );

  // CloudEvents.
  const structured = [header('content-type', 'application/cloudevents+json; charset=UTF-8')];
  const envelope = { specversion: '1.0', id: '1', source: '/shop', type: 'payment' };
  text(
    'a CloudEvent in structured mode',
    (json) => `${JSON.stringify(envelope).slice(0, -1)},"data":${json}}`,
    observed(),
    { headers: structured },
  );
  text(
    'a CloudEvent with Base64',
    (json) => JSON.stringify({ ...envelope, data_base64: Buffer.from(json).toString('base64') }),
    observed(),
    { headers: structured },
  );
  text(
    'a CloudEvent whose data is a text',
    (json) => JSON.stringify({ ...envelope, data: json }),
    rejected('CLOUDEVENT_WITHOUT_EVENT'),
    { headers: structured },
  );
  raw('a CloudEvent without data', JSON.stringify(envelope), rejected('CLOUDEVENT_WITHOUT_EVENT'), {
    headers: structured,
  });
  raw(
    'a CloudEvent with broken Base64',
    JSON.stringify({ ...envelope, data_base64: '%%%' }),
    rejected('CLOUDEVENT_WITHOUT_EVENT'),
    { headers: structured },
  );
  raw('a CloudEvent that is no JSON', 'specversion: 1.0', dead('NOT_JSON'), { headers: structured });
  text('a CloudEvent in binary mode', (json) => json, observed(), {
    headers: [
      ...Object.entries(envelope).map(([name, value]) => header(`ce_${name}`, value)),
      header('content-type', 'application/json'),
    ],
  });

  // Duplicates.
  const twice = payment(next());
  add('a duplicate', next(), [
    { value: JSON.stringify(twice), expected: observed() },
    { value: JSON.stringify(twice), expected: rejected('DUPLICATE', 'transaction_id') },
    {
      value: JSON.stringify({ ...twice, amount: 1, event_time: at(1) }),
      expected: rejected('DUPLICATE', 'transaction_id'),
    },
  ]);
  const composed = payment(next(), { transaction_id: 'caf\u00e9' });
  add('a duplicate in decomposed form', next(), [
    { value: JSON.stringify(composed), expected: observed() },
    {
      value: JSON.stringify({ ...composed, transaction_id: 'cafe\u0301' }),
      expected: rejected('DUPLICATE', 'transaction_id'),
    },
  ]);

  // Event time, in a partition of its own: the watermark stands at the base until the last case.
  const timed = (time: string, expected: Expected): Sent => ({
    value: JSON.stringify(payment(3, { event_time: time })),
    expected,
  });
  add('the first event', 3, [timed(at(0), observed())]);
  add('as late as may be', 3, [timed(at(-DAY), observed())]);
  add('too late', 3, [timed(at(-DAY - 1), rejected('TOO_LATE', 'event_time'))]);
  add('from the year 1', 3, [timed('0001-01-01T00:00:00Z', rejected('TOO_LATE', 'event_time'))]);
  add('from the year 9999', 3, [timed('9999-12-31T23:59:59.999Z', rejected('TOO_EARLY', 'event_time'))]);
  add('ten minutes ahead of the clock', 3, [
    timed(new Date(Date.now() + 600_000).toISOString(), rejected('TOO_EARLY', 'event_time')),
  ]);
  const jump = timed(at(8 * DAY), observed());
  add('a jump of eight days that nothing confirms', 3, [
    jump,
    { ...jump, expected: rejected('DUPLICATE', 'transaction_id') },
    timed(at(-DAY), observed()),
    timed(at(-DAY - 1), rejected('TOO_LATE', 'event_time')),
  ]);
  const confirmed = [timed(at(8 * DAY + 1), observed()), timed(at(0), rejected('TOO_LATE', 'event_time'))];
  cases.push({
    name: 'a jump of eight days that a second event confirms',
    partition: 3,
    sent: confirmed,
    goodAt: at(8 * DAY),
    last: true,
  });
  return cases;
};

const BAD_TIMES: readonly [string, unknown][] = [
  ['a word', 'yesterday'],
  ['a time without zone', '2026-11-21T10:00:00'],
  ['the 30th of February', '2026-02-30T00:00:00.000Z'],
  ['hour 25', '2026-02-20T25:00:00Z'],
  ['a zone of 99 hours', '2026-02-20T10:00:00+99:00'],
  ['the year 10000', '10000-01-01T00:00:00.000Z'],
  ['1e300', 1e300],
  ['an empty text', ''],
];

const manyHeaders = (count: number): HeaderEntry[] =>
  Array.from({ length: count }, (_, n) => header(`h-${n}`, 'x'.repeat(100)));
