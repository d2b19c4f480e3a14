import { compileStream, loadDefinitions, type CompiledStream } from '../definitions';
import { compileEventValidator, compileObservationEncoder } from '.';

const STREAM = `
kind: Stream
name: payments
spec:
  key: customer
  id: payment
  time: at
  fields:
    payment: { type: string }
    at: { type: timestamp }
    customer: { type: integer }
    amount: { type: number, decimals: 2, min: 0, max: 100000 }
    items: { type: integer, required: false, nullable: true, min: 1 }
    channel: { type: string, required: false, categories: [web, shop, "caf\\u00e9"], maxLength: 4 }
    code: { type: string, required: false, pattern: "^[A-Z]{2}", maxLength: 5 }
    known: { type: boolean, required: false }
    seen: { type: timestamp, required: false }
    score: { type: number, required: false }
  rules:
    - { name: plausible, check: "amount < 50000.0", message: amount is not plausible }
    - { name: bulk, check: "known && items > 1.0" }
`;

const stream = ((): CompiledStream => {
  const [definition] = loadDefinitions([{ path: 'payments.yaml', text: STREAM }]).definitions;
  if (definition?.kind !== 'Stream') throw new Error('a stream was expected');
  return compileStream(definition);
})();
const validate = compileEventValidator(stream);
const encode = compileObservationEncoder(stream);

const GOOD = {
  payment: 'p-1',
  at: '2018-05-01T12:03:11.5+02:00',
  customer: 4961,
  amount: 77.16,
  items: 2,
  known: true,
};
const outcome = (json: string): unknown => validate(JSON.parse(json) as Record<string, unknown>);
const withMember = (name: string, json: string): string =>
  JSON.stringify({ ...GOOD, [name]: '@' }).replace('"@"', json);
const without = (name: string): string =>
  JSON.stringify(Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name)));

it('gives the canonical observation, its key, its id and its time', () => {
  const raw = `{"surplus": [1], "__proto__": {"channel": "web"}, "constructor": 1, ${JSON.stringify(GOOD).slice(1)}`;
  const result = outcome(raw);
  expect(result).toEqual({
    event: {
      payment: 'p-1',
      at: '2018-05-01T10:03:11.500Z',
      customer: 4961,
      amount: 77.16,
      items: 2,
      channel: null,
      code: null,
      known: true,
      seen: null,
      score: null,
    },
    key: '4961',
    id: 'p-1',
    timeMs: Date.UTC(2018, 4, 1, 10, 3, 11, 500),
  });
  expect(encode((result as { event: never }).event).toString()).toBe(
    '{"payment":"p-1","at":"2018-05-01T10:03:11.500Z","customer":4961,"amount":77.16,"items":2,' +
      '"channel":null,"code":null,"known":true,"seen":null,"score":null}',
  );
});

it('leaves what it was given as it was', () => {
  const raw = Object.freeze({ ...GOOD });
  expect(validate(raw)).toHaveProperty('event');
});

it.each([
  ['a missing field', without('amount'), 'MISSING_FIELD', 'amount', 'amount is missing'],
  ['a null', withMember('amount', 'null'), 'NOT_NULLABLE', 'amount', 'amount is null'],
  ['a null key', withMember('customer', 'null'), 'NOT_NULLABLE', 'customer', 'customer is null'],
  [
    'a number as text',
    withMember('amount', '"77"'),
    'WRONG_TYPE',
    'amount',
    'amount is the text "77", a number is declared',
  ],
  [
    'a text as number',
    withMember('payment', '7'),
    'WRONG_TYPE',
    'payment',
    'payment is 7, a string is declared',
  ],
  [
    'an object',
    withMember('known', '{}'),
    'WRONG_TYPE',
    'known',
    'known is an object, true or false is declared',
  ],
  ['an array', withMember('at', '[1]'), 'WRONG_TYPE', 'at', 'at is an array, a timestamp is declared'],
  [
    'a broken integer',
    withMember('items', '1.5'),
    'WRONG_TYPE',
    'items',
    'items is 1.5, a whole number is declared',
  ],
  [
    'an unsafe integer',
    withMember('items', '9007199254740993'),
    'UNSAFE_INTEGER',
    'items',
    'items is an integer beyond 2^53; send it as a string',
  ],
  [
    'an unsafe number',
    withMember('score', '1e300'),
    'UNSAFE_INTEGER',
    'score',
    'score is an integer beyond 2^53; send it as a string',
  ],
  [
    'infinity',
    withMember('score', '1e400'),
    'OUT_OF_RANGE',
    'score',
    'score is Infinity, beyond the range of a double',
  ],
  ['too little', withMember('amount', '-5'), 'OUT_OF_RANGE', 'amount', 'amount is -5, the least is 0'],
  [
    'too much',
    withMember('amount', '100000.01'),
    'OUT_OF_RANGE',
    'amount',
    'amount is 100000.01, the most is 100000',
  ],
  [
    'too many decimals',
    withMember('amount', '12.345'),
    'DECIMALS',
    'amount',
    'amount is 12.345, it has 2 decimals at most',
  ],
  [
    'no category',
    withMember('channel', '"mail"'),
    'NOT_IN_CATEGORIES',
    'channel',
    'channel is the text "mail", none of its categories',
  ],
  [
    'too long a text',
    withMember('code', '"ABCDEF"'),
    'TOO_LONG',
    'code',
    'code has 6 characters, the most are 5',
  ],
  [
    'no match',
    withMember('code', '"abc"'),
    'PATTERN',
    'code',
    'code is the text "abc", which does not match ^[A-Z]{2}',
  ],
  [
    'half a surrogate pair',
    withMember('payment', '"\\ud83d"'),
    'NOT_UNICODE',
    'payment',
    'payment has half of a surrogate pair',
  ],
  [
    'a time without a zone',
    withMember('at', '"2018-05-01T10:03:11"'),
    'BAD_TIMESTAMP',
    'at',
    'at is the text "2018-05-01T10:03:11", neither RFC 3339 with a zone nor epoch milliseconds',
  ],
  [
    '30 February',
    withMember('at', '"2018-02-30T10:03:11Z"'),
    'BAD_TIMESTAMP',
    'at',
    'at is the text "2018-02-30T10:03:11Z", neither RFC 3339 with a zone nor epoch milliseconds',
  ],
  [
    'the year 10000',
    withMember('at', '253402300800000'),
    'BAD_TIMESTAMP',
    'at',
    'at is 253402300800000, neither RFC 3339 with a zone nor epoch milliseconds',
  ],
  ['an empty id', withMember('payment', '""'), 'NO_ID', 'payment', 'payment, the id, is the empty text'],
  [
    'a rule that fails',
    withMember('amount', '60000'),
    'RULE_FAILED',
    undefined,
    'plausible: amount is not plausible',
  ],
  [
    'a rule without a message',
    withMember('known', 'false'),
    'RULE_FAILED',
    undefined,
    'bulk: known && items > 1.0 is not true',
  ],
  [
    'a rule over a null',
    withMember('items', 'null'),
    'RULE_ERROR',
    undefined,
    expect.stringMatching(/^bulk: /),
  ],
])('refuses %s', (_what, json, code, field, message) => {
  expect(outcome(json)).toEqual({ fault: { code, message, ...(field === undefined ? {} : { field }) } });
});

it('refuses an empty key', () => {
  const fields = stream.fields.map((field) =>
    field.name === 'customer' ? { ...field, type: 'string' as const } : field,
  );
  expect(compileEventValidator({ ...stream, fields })({ ...GOOD, customer: '' })).toEqual({
    fault: { code: 'NO_KEY', message: 'customer, the key, is the empty text', field: 'customer' },
  });
});

it.each([
  ['85.64999999999999', 85.65],
  ['642.0999999999999', 642.1],
  ['0.30000000000000004', 0.3],
  ['100000.00000000001', 100000],
  ['7', 7],
])('takes %s as the decimal that was computed', (json, amount) => {
  const validator = compileEventValidator({ ...stream, rules: [] });
  expect(validator(JSON.parse(withMember('amount', json)) as Record<string, unknown>)).toMatchObject({
    event: { amount },
  });
});

it('has one zero', () => {
  expect(outcome(withMember('score', '-0'))).toMatchObject({ event: { score: 0 } });
});

it('takes a text in another normal form, counted in characters', () => {
  expect(outcome(withMember('channel', '"cafe\\u0301"'))).toMatchObject({ event: { channel: 'caf\u00e9' } });
});

it.each([
  ['2018-05-01T10:03:11.123Z', '2018-05-01T10:03:11.123Z'],
  ['2018-05-01T10:03:11Z', '2018-05-01T10:03:11.000Z'],
  ['2018-05-01t10:03:11.9999999z', '2018-05-01T10:03:11.999Z'],
  ['2018-05-01 10:03:11+05:30', '2018-05-01T04:33:11.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.250Z'],
  ['2018-05-01T10:03:11.1-00:00', '2018-05-01T10:03:11.100Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  [1525168991000, '2018-05-01T10:03:11.000Z'],
  [1525168991000.7, '2018-05-01T10:03:11.000Z'],
  [0, '1970-01-01T00:00:00.000Z'],
  [-0.5, '1969-12-31T23:59:59.999Z'],
])('reads the time %s', (at, text) => {
  expect(outcome(withMember('at', JSON.stringify(at)))).toMatchObject({
    event: { at: text },
    timeMs: Date.parse(text),
  });
});

it.each([
  '2018-05-01',
  '1525168991000',
  '',
  '2018-13-01T00:00:00Z',
  '9999-12-31T23:59:59-01:00',
  '0000-01-01T00:00:00+01:00',
  '2018-05-01T24:00:00Z',
  '+02018-05-01T00:00:00Z',
  '2018-05-01T10:03:11.Z',
])('refuses the time %j', (at) => {
  expect(outcome(withMember('at', JSON.stringify(at)))).toMatchObject({ fault: { code: 'BAD_TIMESTAMP' } });
});
