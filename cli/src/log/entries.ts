import { HEADERS } from '#contracts';
import { isUnreadable, offsetOf, type LogEntry } from '#eventlog';
import { formatPosition } from '#kernel';
import { printable } from '../view/text';

/** A record for a program: `value` where it is JSON, `raw` (Base64) where it is not. */
export const entryDocument = (entry: LogEntry): Record<string, unknown> => {
  const { topic, partition, timestamp } = entry;
  const place = {
    topic,
    position: formatPosition(partition, offsetOf(entry)),
    appendTime: new Date(timestamp).toISOString(),
  };
  if (isUnreadable(entry))
    return { ...place, unreadable: entry.reason, message: entry.message, count: entry.count };
  const { headers } = entry;
  return {
    ...place,
    time: headers.text(HEADERS.time) ?? null,
    key: textOf(entry.key) ?? null,
    type: headers.text(HEADERS.type) ?? null,
    ...valueDocument(entry.value),
  };
};

const valueDocument = (value: Buffer | null): Record<string, unknown> => {
  try {
    return { value: JSON.parse(value === null ? 'null' : value.toString('utf8')) as unknown };
  } catch {
    return { raw: value!.toString('base64') };
  }
};

/** A record for a person, on one line: position, event time (append time where it has none), key, type, value. */
export const entryLine = (entry: LogEntry): string => {
  const position = formatPosition(entry.partition, offsetOf(entry)).padEnd(8);
  const appended = new Date(entry.timestamp).toISOString();
  if (isUnreadable(entry))
    return `${position} ${appended} unreadable: ${entry.count} records, ${printable(entry.message)}`;
  const { headers, key, value } = entry;
  return [
    position,
    printable(headers.text(HEADERS.time) ?? appended),
    keyText(key),
    printable(headers.text(HEADERS.type) ?? '-'),
    valueText(value),
  ].join(' ');
};

const keyText = (key: Buffer | null): string =>
  key === null ? '-' : (textOf(key) ?? `base64:${key.toString('base64')}`);

/** UTF-8 on one line and safe to show, Base64 where the bytes are no text. */
export const valueText = (value: Buffer | null): string =>
  value === null ? 'null' : (textOf(value) ?? `base64:${value.toString('base64')}`);

const decoder = new TextDecoder('utf-8', { fatal: true });

const textOf = (bytes: Buffer | null): string | undefined => {
  if (bytes === null) return undefined;
  try {
    return printable(decoder.decode(bytes));
  } catch {
    return undefined;
  }
};
