import type { RejectionCode } from '#contracts';

/** An event as it was sent: the members of a JSON object. Own members only; none was checked yet. */
export type RawEvent = Readonly<Record<string, unknown>>;

export type EventReading =
  | { readonly kind: 'event'; readonly event: RawEvent }
  /** A JSON object that holds no event. */
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string }
  /** Anything that is not a JSON object. */
  | { readonly kind: 'dead'; readonly code: string; readonly message: string };

/** `plain`: the value is the event. `cloudevent`: it is a CloudEvent in structured mode, whose data is the event. */
export type ValueFormat = 'plain' | 'cloudevent';

/** The format that a content type tells. In CloudEvents binary mode the value is the data, as it is in plain JSON. */
export const formatOf = (contentType: string | undefined): ValueFormat =>
  contentType !== undefined && /^\s*application\/cloudevents\b/i.test(contentType) ? 'cloudevent' : 'plain';

/** Reads a value; `text` is undefined where it is no UTF-8 and null where there is none. JSON.parse does not recurse, so depth does not matter. */
export const readEvent = (text: string | null | undefined, format: ValueFormat): EventReading => {
  if (text === undefined) return { kind: 'dead', code: 'NOT_UTF8', message: 'the value is not UTF-8' };
  if (text === null) return { kind: 'dead', code: 'NO_VALUE', message: 'the record has no value' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      kind: 'dead',
      code: 'NOT_JSON',
      message: `the value is not JSON: ${shortened((error as Error).message)}`,
    };
  }
  if (!isObject(value))
    return {
      kind: 'dead',
      code: 'NOT_AN_OBJECT',
      message: `the value is ${nameOf(value)}, not a JSON object`,
    };
  return format === 'plain' ? { kind: 'event', event: value } : dataOf(value);
};

const dataOf = (cloudEvent: RawEvent): EventReading => {
  if (Object.hasOwn(cloudEvent, 'data_base64')) return fromBase64(cloudEvent['data_base64']);
  const data = Object.hasOwn(cloudEvent, 'data') ? cloudEvent['data'] : undefined;
  return isObject(data)
    ? { kind: 'event', event: data }
    : noData(data === undefined ? 'absent' : nameOf(data));
};

const fromBase64 = (encoded: unknown): EventReading => {
  if (typeof encoded !== 'string') return noData(nameOf(encoded));
  try {
    const bytes = Uint8Array.from(atob(encoded), (unit) => unit.charCodeAt(0));
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(data) ? { kind: 'event', event: data } : noData(nameOf(data));
  } catch {
    return noData('not JSON in Base64');
  }
};

const noData = (what: string): EventReading => ({
  kind: 'rejected',
  code: 'CLOUDEVENT_WITHOUT_EVENT',
  message: `the data of the CloudEvent is ${what}, not a JSON object`,
});

const isObject = (value: unknown): value is RawEvent =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nameOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;

const shortened = (message: string): string =>
  message.length > 200 ? `${message.slice(0, 200)}...` : message;
