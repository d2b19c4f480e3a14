import { HEADERS } from '#contracts';
import type { HeaderEntry } from '#eventlog';
import { Refused } from '#kernel';
import type { ValueFormat } from '../domain/read-event';
import { beginsArray, cutJsonArray, cutLines, trimmed } from './cut-json-array';

/** An event may have so many bytes, and a body so many events. */
export const MAX_EVENT_BYTES = 1_000_000;
export const MAX_EVENTS = 262_144;

/** One record of a body, with the bytes that were sent. */
export interface CutRecord {
  readonly value: Buffer;
  readonly format: ValueFormat;
  /** For the inbox: content type and, in CloudEvents binary mode, the attributes. */
  readonly headers: readonly HeaderEntry[];
}

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const JSON_TYPE = 'application/json';
const CLOUDEVENT_TYPE = 'application/cloudevents+json';
const PLAIN: readonly HeaderEntry[] = [[HEADERS.contentType, Buffer.from(JSON_TYPE)]];
const STRUCTURED: readonly HeaderEntry[] = [[HEADERS.contentType, Buffer.from(CLOUDEVENT_TYPE)]];

/**
 * Cuts a body into its records, by content type. Throws 415 for a type that the door does not take, 413 where an event or their number
 * is over the limit, 400 where no record can be cut out; then nothing of the body is appended.
 */
export const cutBody = (body: Buffer, headers: RequestHeaders): CutRecord[] => {
  const records = recordsOf(body, headers);
  if (records.length > MAX_EVENTS) throw tooLarge(`a body may hold ${MAX_EVENTS} events, this one has more`);
  const index = records.findIndex(({ value }) => value.length > MAX_EVENT_BYTES);
  if (index >= 0)
    throw tooLarge(
      `event ${index} has ${records[index]!.value.length} bytes, ${MAX_EVENT_BYTES} are the most`,
      { index },
    );
  return records;
};

const recordsOf = (body: Buffer, headers: RequestHeaders): CutRecord[] => {
  const type = mediaTypeOf(headers);
  if (type !== CLOUDEVENT_TYPE && type !== BATCH_TYPE && textOf(headers, 'ce-specversion') !== undefined)
    return [binaryMode(body, type, headers)];
  switch (type) {
    case JSON_TYPE:
      return cutJson(body).map((value) => ({ value, format: 'plain', headers: PLAIN }));
    case 'application/x-ndjson':
    case 'application/ndjson':
      return notNone(cutLines(body, MAX_EVENTS)).map((value) => ({ value, format: 'plain', headers: PLAIN }));
    case CLOUDEVENT_TYPE:
      return [{ value: oneJson(body), format: 'cloudevent', headers: STRUCTURED }];
    case BATCH_TYPE:
      return cutArray(trimmed(body)).map((value) => ({ value, format: 'cloudevent', headers: STRUCTURED }));
    default:
      throw new Refused(
        'PLAYHEAD_REQUEST_MEDIA_TYPE',
        `this door takes ${TAKEN}, not ${type ?? 'a body without content type'}`,
      );
  }
};

const BATCH_TYPE = 'application/cloudevents-batch+json';
const TAKEN = `${JSON_TYPE}, application/x-ndjson, ${CLOUDEVENT_TYPE}, ${BATCH_TYPE} or CloudEvents binary mode with JSON data`;

/** HTTP headers `ce-*` become record headers `ce_*`; their values are percent-encoded on the way (CloudEvents HTTP binding 1.0, 3.1.3.2). */
const binaryMode = (body: Buffer, type: string | undefined, headers: RequestHeaders): CutRecord => {
  if (type !== undefined && !/^application\/([\w.+-]+\+)?json$/.test(type)) {
    throw new Refused(
      'PLAYHEAD_REQUEST_MEDIA_TYPE',
      `the data of a CloudEvent in binary mode must be JSON, not ${type}`,
    );
  }
  const attributes = Object.keys(headers)
    .filter((name) => /^ce-[a-z0-9]+$/.test(name))
    .map((name): HeaderEntry => [`ce_${name.slice(3)}`, Buffer.from(decoded(textOf(headers, name) ?? ''))]);
  return { value: oneJson(body), format: 'plain', headers: [...PLAIN, ...attributes] };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** An array gives its elements, anything else that is JSON is one record. */
const cutJson = (body: Buffer): Buffer[] => {
  const json = trimmed(body);
  return beginsArray(json) ? cutArray(json) : [oneJson(json)];
};

const cutArray = (json: Buffer): Buffer[] => {
  const elements = cutJsonArray(json, MAX_EVENTS);
  if (!elements) throw new Refused('PLAYHEAD_REQUEST_INVALID', 'the body is not a JSON array of events');
  return elements;
};

const oneJson = (body: Buffer): Buffer => {
  const json = trimmed(body);
  if (json.length > MAX_EVENT_BYTES)
    throw tooLarge(`the event has ${json.length} bytes, ${MAX_EVENT_BYTES} are the most`);
  try {
    JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      json.length === 0 ? 'the body is empty' : 'the body is not JSON',
      { cause },
    );
  }
  return json;
};

const notNone = (records: Buffer[]): Buffer[] => {
  if (records.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', 'the body is empty');
  return records;
};

const tooLarge = (message: string, details = {}): Refused =>
  new Refused('PLAYHEAD_REQUEST_TOO_LARGE', message, { details });

const textOf = (headers: RequestHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

/** The media type without parameters; a charset other than UTF-8 is refused. */
const mediaTypeOf = (headers: RequestHeaders): string | undefined => {
  const [type, ...parameters] = (textOf(headers, 'content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replace(/^"|"$/g, '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new Refused('PLAYHEAD_REQUEST_MEDIA_TYPE', `events are UTF-8, not ${charset}`);
  }
  return type || undefined;
};
