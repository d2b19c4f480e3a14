import { formatOf, readEvent } from './read-event';

const structured = (members: object): string =>
  JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', ...members });

it('reads a JSON object', () => {
  expect(readEvent('{"a":1}', 'plain')).toEqual({ kind: 'event', event: { a: 1 } });
});

it.each([
  [undefined, 'NOT_UTF8'],
  [null, 'NO_VALUE'],
  ['', 'NOT_JSON'],
  ['{"a":', 'NOT_JSON'],
  ['[{"a":1}]', 'NOT_AN_OBJECT'],
  ['"a"', 'NOT_AN_OBJECT'],
  ['null', 'NOT_AN_OBJECT'],
  ['7', 'NOT_AN_OBJECT'],
])('gives %j to dead letters as %s', (text, code) => {
  expect(readEvent(text, 'plain')).toMatchObject({ kind: 'dead', code });
});

it('reads a depth bomb of a megabyte', () => {
  const bomb = `{"a":${'['.repeat(450_000)}${']'.repeat(450_000)}}`;
  expect(readEvent(bomb, 'plain').kind).toBe('event');
  expect(readEvent('['.repeat(1_000_000), 'plain')).toMatchObject({ kind: 'dead', code: 'NOT_JSON' });
});

it('does not let an event reach a prototype', () => {
  const reading = readEvent('{"__proto__":{"amount":1},"constructor":{"prototype":{"b":2}}}', 'plain');
  expect(reading.kind === 'event' && Object.getPrototypeOf(reading.event) === Object.prototype).toBe(true);
  expect(({} as Record<string, unknown>)['amount']).toBeUndefined();
});

it('takes the data of a CloudEvent in structured mode', () => {
  expect(readEvent(structured({ data: { a: 1 } }), 'cloudevent')).toEqual({ kind: 'event', event: { a: 1 } });
  expect(
    readEvent(structured({ data_base64: Buffer.from('{"a":"é"}').toString('base64') }), 'cloudevent'),
  ).toEqual({ kind: 'event', event: { a: 'é' } });
});

it.each([
  {},
  { data: null },
  { data: [1] },
  { data: 'x' },
  { data_base64: 7 },
  { data_base64: '***' },
  { data_base64: 'bm8=' },
  JSON.parse('{"__proto__":{"data":{"a":1}}}') as object,
])('rejects a CloudEvent without an event: %j', (members) => {
  expect(readEvent(structured(members), 'cloudevent')).toMatchObject({
    kind: 'rejected',
    code: 'CLOUDEVENT_WITHOUT_EVENT',
  });
});

it('tells the format by the content type', () => {
  expect(formatOf(undefined)).toBe('plain');
  expect(formatOf('application/json; charset=utf-8')).toBe('plain');
  expect(formatOf('application/cloudevents+json; charset=utf-8')).toBe('cloudevent');
  expect(formatOf('Application/CloudEvents+JSON')).toBe('cloudevent');
});
