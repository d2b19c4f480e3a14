/** Bodies for the HTTP door of ingestion, and what it must answer. */
import { gzipSync } from 'node:zlib';
import type { RejectionCode } from '#contracts';
import type { ErrorCode } from '#kernel';
import { JSON_TYPE, NDJSON_TYPE, type Body } from './ingest-door';
import { payment } from './payments';

const MIB = 1_048_576;
const json = (members: object = {}): string => JSON.stringify(payment(0, members));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const type = (name: string): Record<string, string> => ({ 'content-type': name });
const STRUCTURED = type('application/cloudevents+json');
const BATCH = type('application/cloudevents-batch+json');
const gzipped = (headers: Record<string, string> = JSON_TYPE): Record<string, string> => ({
  ...headers,
  'content-encoding': 'gzip',
});
const BINARY = {
  ...JSON_TYPE,
  'ce-specversion': '1.0',
  'ce-id': '1',
  'ce-source': '/shop',
  'ce-type': 'payment',
};
const cloudEvent = (data: string, name = 'data'): string =>
  `{"specversion":"1.0","id":"1","source":"/shop","type":"payment","${name}":${data}}`;
const ofBytes = (bytes: number): string => {
  const event = json({ note: '' });
  return event.replace('"note":""', `"note":"${'n'.repeat(bytes - event.length)}"`);
};

/** Each event of the body in order: undefined where it is accepted. */
export interface AcceptedRequest {
  readonly name: string;
  readonly body: Body;
  readonly headers: Record<string, string>;
  /** The bytes of each record, and the code that refuses it. */
  readonly events: readonly (readonly [
    bytes: string | Buffer,
    code?: RejectionCode | 'NOT_JSON' | 'NOT_AN_OBJECT' | 'NOT_UTF8',
  ])[];
}

/** Bodies that are appended, in whole; 200, or 400 where every event is refused. */
export const appendedRequests = (): AcceptedRequest[] => {
  const requests: AcceptedRequest[] = [];
  const add = (
    name: string,
    headers: Record<string, string>,
    body: Body,
    events: AcceptedRequest['events'],
  ): void => void requests.push({ name, headers, body, events });
  const one = (
    name: string,
    headers: Record<string, string>,
    event: string,
    wrap: (event: string) => Body = (text) => text,
  ): void => add(name, headers, wrap(event), [[event]]);
  const refused = (name: string, event: string | Buffer, code: AcceptedRequest['events'][number][1]): void =>
    add(name, JSON_TYPE, event, [[event, code]]);

  one('an object', JSON_TYPE, json());
  one('an object in white space', JSON_TYPE, json(), (event) => `\r\n\t ${event} \n`);
  one('an object under a type in capitals with a charset', type('Application/JSON; Charset="UTF-8"'), json());
  one('an event of 1,000,000 bytes', JSON_TYPE, ofBytes(1_000_000));
  one('gzip', gzipped(), json(), gzipSync);
  one('gzip of an event that packs well', gzipped(), ofBytes(999_999), gzipSync);
  const mixed = (): AcceptedRequest['events'] => [
    [json()],
    [json({ amount: -1 }), 'OUT_OF_RANGE'],
    ['{"bad" "json"}', 'NOT_JSON'],
    [json({ terminal_id: '[",{\\"}]' })],
    ['7', 'NOT_AN_OBJECT'],
    ['[[1,2],[]]', 'NOT_AN_OBJECT'],
    [json().replace('12.34', '1e400'), 'OUT_OF_RANGE'],
    ['{"__proto__":{"amount":1}}', 'MISSING_FIELD'],
    [json({ customer_id: undefined }), 'MISSING_FIELD'],
    [nested(100_000), 'NOT_AN_OBJECT'],
    [json()],
  ];
  const [array, lines, packed] = [mixed(), mixed(), mixed()];
  const joined = (events: AcceptedRequest['events'], by: string): string =>
    events.map(([event]) => String(event)).join(by);
  add('an array, good and bad mixed', JSON_TYPE, `[ ${joined(array, ' ,\n')} ]`, array);
  add('an empty array', JSON_TYPE, '[]', []);
  add(
    'NDJSON with CRLF, empty lines and a last line without an end',
    NDJSON_TYPE,
    `\r\n${joined(lines, '\r\n\r\n')}`,
    lines,
  );
  add('NDJSON, packed', gzipped(NDJSON_TYPE), gzipSync(`${joined(packed, '\n')}\n`), packed);
  one('NDJSON under its other name', type('application/ndjson'), json(), (event) => `${event}\n`);
  const structured = cloudEvent(json());
  one('a CloudEvent', STRUCTURED, structured);
  one(
    'a CloudEvent with Base64',
    STRUCTURED,
    cloudEvent(JSON.stringify(Buffer.from(json()).toString('base64')), 'data_base64'),
  );
  const batch: AcceptedRequest['events'] = [
    [cloudEvent(json())],
    [cloudEvent('"text"'), 'CLOUDEVENT_WITHOUT_EVENT'],
    ['{"specversion":"1.0"}', 'CLOUDEVENT_WITHOUT_EVENT'],
    [cloudEvent('{}'), 'MISSING_FIELD'],
    ['null', 'NOT_AN_OBJECT'],
    [cloudEvent('"%%%"', 'data_base64'), 'CLOUDEVENT_WITHOUT_EVENT'],
    [cloudEvent(json())],
  ];
  add(
    'a batch of CloudEvents, good and malformed',
    BATCH,
    `[${batch.map(([event]) => String(event)).join(',')}]`,
    batch,
  );
  one(
    'a CloudEvent in binary mode',
    { ...BINARY, 'ce-subject': 'Euro%20%E2%82%AC', 'ce-broken': '%zz' },
    json(),
  );
  one(
    'a CloudEvent in binary mode with another JSON type',
    { ...BINARY, 'content-type': 'application/vnd.shop+json' },
    json(),
  );
  const list = `[${json()}]`;
  add('a CloudEvent in binary mode whose data is an array', BINARY, list, [[list, 'NOT_AN_OBJECT']]);
  refused('a number', '17', 'NOT_AN_OBJECT');
  refused('a wrong type', json({ amount: 'x' }), 'WRONG_TYPE');
  refused('objects 100,000 deep', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), 'MISSING_FIELD');
  refused('invalid UTF-8', Buffer.from(json({ terminal_id: 'ÿ' }), 'latin1'), 'NOT_UTF8');
  refused('half of a surrogate pair', json({ terminal_id: '\ud800' }), 'NOT_UNICODE');
  refused('an integer beyond 2^53', json().replace('12.34', '9007199254740993'), 'UNSAFE_INTEGER');
  return requests;
};

export interface RefusedRequest {
  readonly name: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly body: Body;
  readonly headers?: Record<string, string>;
  readonly stream?: string;
}

/** Bodies of which nothing is appended. */
export const refusedRequests = (): RefusedRequest[] => [
  { name: 'bad JSON', status: 400, code: 'PLAYHEAD_REQUEST_INVALID', body: json().slice(0, -4) },
  { name: 'an empty body', status: 400, code: 'PLAYHEAD_REQUEST_INVALID', body: '' },
  { name: 'white space', status: 400, code: 'PLAYHEAD_REQUEST_INVALID', body: ' \r\n ' },
  {
    name: 'empty NDJSON',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: '\r\n\r\n',
    headers: NDJSON_TYPE,
  },
  { name: 'an array that is not closed', status: 400, code: 'PLAYHEAD_REQUEST_INVALID', body: `[${json()},` },
  {
    name: 'an array with something behind it',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: `[${json()}] ${json()}`,
  },
  {
    name: 'an array with an empty place',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: `[${json()},,${json()}]`,
  },
  {
    name: 'brackets 5,000,000 deep',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: '['.repeat(5_000_000),
  },
  {
    name: 'a CloudEvent that is no JSON',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: 'specversion: 1.0',
    headers: STRUCTURED,
  },
  {
    name: 'a batch of CloudEvents that is an object',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: cloudEvent(json()),
    headers: BATCH,
  },
  { name: 'no gzip', status: 400, code: 'PLAYHEAD_REQUEST_INVALID', body: json(), headers: gzipped() },
  {
    name: 'gzip that is cut off',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: gzipSync(json()).subarray(0, 40),
    headers: gzipped(),
  },
  {
    name: 'an event of 1,000,001 bytes',
    status: 413,
    code: 'PLAYHEAD_REQUEST_TOO_LARGE',
    body: ofBytes(1_000_001),
  },
  {
    name: 'one event of 1,000,001 bytes among others',
    status: 413,
    code: 'PLAYHEAD_REQUEST_TOO_LARGE',
    body: `${json()}\n${ofBytes(1_000_001)}\n`,
    headers: NDJSON_TYPE,
  },
  {
    name: 'a body over 16 MiB',
    status: 413,
    code: 'PLAYHEAD_REQUEST_TOO_LARGE',
    body: Buffer.alloc(16 * MIB + 1, ' '),
  },
  {
    name: 'a gzip bomb',
    status: 413,
    code: 'PLAYHEAD_REQUEST_TOO_LARGE',
    body: gzipSync(Buffer.alloc(64 * MIB)),
    headers: gzipped(),
  },
  {
    name: 'millions of events',
    status: 413,
    code: 'PLAYHEAD_REQUEST_TOO_LARGE',
    body: '7\n'.repeat(8_000_000),
    headers: NDJSON_TYPE,
  },
  {
    name: 'another content type',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: 'a,b',
    headers: type('text/csv'),
  },
  {
    name: 'a form',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: json(),
    headers: type('application/x-www-form-urlencoded'),
  },
  { name: 'no content type', status: 415, code: 'PLAYHEAD_REQUEST_MEDIA_TYPE', body: json(), headers: {} },
  {
    name: 'a content type that is none',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: json(),
    headers: type(';;;'),
  },
  {
    name: 'another charset',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: json(),
    headers: type('application/json; charset=utf-16'),
  },
  {
    name: 'another encoding',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: json(),
    headers: { ...JSON_TYPE, 'content-encoding': 'br' },
  },
  {
    name: 'gzip twice',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: gzipSync(gzipSync(json())),
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' },
  },
  {
    name: 'a CloudEvent in binary mode with text',
    status: 415,
    code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
    body: json(),
    headers: { ...BINARY, 'content-type': 'text/plain' },
  },
  { name: 'an unknown stream', status: 404, code: 'PLAYHEAD_NOT_FOUND', body: json(), stream: 'nobody' },
  {
    name: 'the stream __proto__',
    status: 404,
    code: 'PLAYHEAD_NOT_FOUND',
    body: json(),
    stream: '__proto__',
  },
  {
    name: 'the stream constructor',
    status: 404,
    code: 'PLAYHEAD_NOT_FOUND',
    body: json(),
    stream: 'constructor',
  },
  {
    name: 'a stream with a NUL',
    status: 404,
    code: 'PLAYHEAD_NOT_FOUND',
    body: json(),
    stream: 'transactions%00',
  },
  {
    name: 'a stream that leads elsewhere',
    status: 404,
    code: 'PLAYHEAD_NOT_FOUND',
    body: json(),
    stream: '..%2f..%2ftransactions',
  },
  {
    name: 'a stream of 5,000 characters',
    status: 414,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: json(),
    stream: 's'.repeat(5_000),
  },
  {
    name: 'a stream that is no percent-encoding',
    status: 400,
    code: 'PLAYHEAD_REQUEST_INVALID',
    body: json(),
    stream: '%E0%A4%A',
  },
];

export interface WireRequest {
  readonly name: string;
  readonly text: string;
  readonly hangUp?: boolean;
  /** The first line of the answer; empty where the connection ends without one. */
  readonly answer: string;
}

const head = (...lines: readonly string[]): string =>
  `${['POST /v1/streams/transactions/events HTTP/1.1', 'host: x', 'content-type: application/json', ...lines].join('\r\n')}\r\n\r\n`;

/** What no HTTP client would send. */
export const wireRequests: readonly WireRequest[] = [
  { name: 'no HTTP', text: '\u0000\u0001\u0002\r\n\r\n', answer: 'HTTP/1.1 400 Bad Request' },
  {
    name: 'headers of 100 KB',
    text: head(`ce-x: ${'x'.repeat(100_000)}`, 'content-length: 0'),
    answer: 'HTTP/1.1 431 Request Header Fields Too Large',
  },
  {
    name: 'two lengths',
    text: `${head('content-length: 2', 'transfer-encoding: chunked')}{}`,
    answer: 'HTTP/1.1 400 Bad Request',
  },
  { name: 'a negative length', text: head('content-length: -1'), answer: 'HTTP/1.1 400 Bad Request' },
  {
    name: 'a length of 1 TB',
    text: head('content-length: 1000000000000'),
    answer: 'HTTP/1.1 413 Payload Too Large',
  },
  {
    name: 'a broken chunk',
    text: `${head('transfer-encoding: chunked')}zz\r\n{}\r\n`,
    answer: 'HTTP/1.1 400 Bad Request',
  },
  {
    name: 'a client that goes away',
    text: `${head('content-length: 1000')}{"transaction_id":`,
    hangUp: true,
    answer: '',
  },
];
