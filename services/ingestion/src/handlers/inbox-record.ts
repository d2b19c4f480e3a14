import { isUtf8 } from 'node:buffer';
import { HEADERS } from '#contracts';
import type { LogRecord } from '#eventlog';
import type { Arrival } from '../domain/decide';
import { formatOf, readEvent, type EventReading } from '../domain/read-event';
import type { InboxPosition } from '../domain/stream-partition';
import type { Origin } from './provenance';

/** The text of a value; null where there is none, undefined where it is no UTF-8 (which is no JSON). */
export const textOf = (value: Buffer | null): string | null | undefined =>
  value === null ? null : isUtf8(value) ? value.toString('utf8') : undefined;

/** A record of the inbox as the decision sees it. */
export class InboxRecord implements Arrival {
  readonly reading: EventReading;

  constructor(
    private readonly record: LogRecord,
    private readonly origin: Origin,
  ) {
    this.reading = readEvent(textOf(record.value), formatOf(record.headers.text(HEADERS.contentType)));
  }

  get partition(): number {
    return this.record.partition;
  }

  get appendTime(): number {
    return this.record.timestamp;
  }

  get movedFrom(): InboxPosition | undefined {
    return this.origin.movedFrom;
  }

  get redrivenFrom(): string | undefined {
    return this.origin.redrivenFrom;
  }

  get bytes(): number {
    const { key, value, headers } = this.record;
    let bytes = (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, content] of headers.entries()) bytes += 3 * name.length + content.length + 10;
    return bytes;
  }
}
