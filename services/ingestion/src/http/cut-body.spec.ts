import { cutBody, MAX_EVENT_BYTES, MAX_EVENTS, type CutRecord } from './cut-body';

const cut = (body: string, type: string | undefined, headers: Record<string, string> = {}): CutRecord[] =>
  cutBody(Buffer.from(body), { ...(type === undefined ? {} : { 'content-type': type }), ...headers });
const values = (records: CutRecord[]): string[] => records.map(({ value }) => String(value));
const textHeaders = ({ headers }: CutRecord): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));

it('cuts JSON objects and arrays, bytes as they were sent', () => {
  expect(values(cut(' {"b": 1,  "a":2}\n', 'application/json; charset=utf-8'))).toEqual(['{"b": 1,  "a":2}']);
  expect(values(cut('[ {"a":1.0} ,{bad}, 7]', 'application/json'))).toEqual(['{"a":1.0}', '{bad}', '7']);
  expect(cut('[]', 'application/json')).toEqual([]);
});

it('cuts lines', () => {
  expect(values(cut('{"a":1}\nnot json\n\n{"a":2}', 'application/x-ndjson'))).toEqual([
    '{"a":1}',
    'not json',
    '{"a":2}',
  ]);
});

it('keeps a CloudEvent whole and says so', () => {
  const [one] = cut('{"specversion":"1.0","data":{"a":1}}', 'application/cloudevents+json');
  expect([one!.format, textHeaders(one!)]).toEqual([
    'cloudevent',
    { 'content-type': 'application/cloudevents+json' },
  ]);
  const batch = cut('[{"data":{"a":1}}, {"data":{"a":2}}]', 'application/cloudevents-batch+json');
  expect(values(batch)).toEqual(['{"data":{"a":1}}', '{"data":{"a":2}}']);
  expect(batch.map(textHeaders)).toEqual([
    { 'content-type': 'application/cloudevents+json' },
    { 'content-type': 'application/cloudevents+json' },
  ]);
});

it('turns the headers of binary mode into record headers', () => {
  const [record] = cut('{"a":1}', undefined, {
    'ce-specversion': '1.0',
    'ce-id': '4%20%C3%A9',
    'ce-bad_name': 'x',
    host: 'h',
  });
  expect([record!.format, String(record!.value), textHeaders(record!)]).toEqual([
    'plain',
    '{"a":1}',
    { 'content-type': 'application/json', ce_specversion: '1.0', ce_id: '4 é' },
  ]);
});

const TYPE = 'PLAYHEAD_REQUEST_MEDIA_TYPE';
const INVALID = 'PLAYHEAD_REQUEST_INVALID';
const LARGE = 'PLAYHEAD_REQUEST_TOO_LARGE';

it.each<[string, string, string, string | undefined, Record<string, string>?]>([
  ['another content type', TYPE, '{"a":1}', 'text/csv'],
  ['no content type', TYPE, '{"a":1}', undefined],
  ['another charset', TYPE, '{"a":1}', 'application/json; charset=latin1'],
  ['binary mode with other data than JSON', TYPE, '<a/>', 'application/xml', { 'ce-specversion': '1.0' }],
  ['an empty body', INVALID, '', 'application/json'],
  ['half an object', INVALID, '{"a":1', 'application/json'],
  ['half an array', INVALID, '[{"a":1}', 'application/json'],
  ['no line', INVALID, '\n', 'application/x-ndjson'],
  ['a batch that is no array', INVALID, '{"data":{}}', 'application/cloudevents-batch+json'],
  ['a large event', LARGE, `{"a":"${'x'.repeat(MAX_EVENT_BYTES)}"}`, 'application/json'],
  ['a large event among others', LARGE, `[1,"${'x'.repeat(MAX_EVENT_BYTES)}"]`, 'application/json'],
  ['too many events', LARGE, `[${'1,'.repeat(MAX_EVENTS)}1]`, 'application/json'],
])('refuses %s as %s', (_, code, body, type, headers = {}) => {
  expect(() => cut(body, type, headers)).toThrow(expect.objectContaining({ code }));
});

it('takes an event of exactly a million bytes', () => {
  expect(cut(`{"a":"${'x'.repeat(MAX_EVENT_BYTES - 8)}"}`, 'application/json')[0]!.value.length).toBe(
    MAX_EVENT_BYTES,
  );
});
