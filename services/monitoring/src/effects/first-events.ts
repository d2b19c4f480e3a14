import { parseVector, readEnvelope, type EventOf, type PredictionMade } from '#contracts';
import { readRecords, type EventLog, type LogRecord } from '#eventlog';
import { isPlatformError, timestampMs, tryParsePosition } from '#kernel';
import type { EntryDetails, FirstEvent, Span, TimelineEntry } from '../projections/timeline/entry';

export interface FirstEventsOptions {
  readonly log: EventLog;
  readonly qualified: (topic: string) => string;
}

/** Predictions of other windows may stand before: so many are read through. */
const MOST_RECORDS = 10_000;

/**
 * The first event of the window that raised an alert, by append time: found from the offsets that the alert names, back over the prediction and its
 * vector to the observation (law L4). Null where the alert names none, or where they are not on the log any more.
 */
export class FirstEvents {
  private readonly found = new Map<string, Promise<FirstEvent | null>>();

  constructor(private readonly options: FirstEventsOptions) {}

  behind({ position, details }: TimelineEntry): Promise<FirstEvent | null> {
    let found = this.found.get(position);
    if (!found) {
      found = this.search(details).catch((error: unknown) => {
        if (!isPlatformError(error)) throw error;
        // A broker that is away comes back; what was cut stays away.
        if (error.disposition === 'retry') this.found.delete(position);
        return null;
      });
      this.found.set(position, found);
    }
    return found;
  }

  private async search({ sources = [], window }: EntryDetails): Promise<FirstEvent | null> {
    if (!window) return null;
    const first = new Map<number, Span>();
    for (const span of sources)
      if (span.from < (first.get(span.partition)?.from ?? Infinity)) first.set(span.partition, span);
    const events = await Promise.all([...first.values()].map((span) => this.firstIn(span, window)));
    return events.reduce((one, other) => (other && (!one || other.time < one.time) ? other : one), null);
  }

  private async firstIn(
    { topic, partition, from, to }: Span,
    window: { readonly start: string; readonly end: string },
  ): Promise<FirstEvent | null> {
    const { log, qualified } = this.options;
    const [start, end] = [timestampMs(window.start), timestampMs(window.end)];
    const until = Math.min(to, from + MOST_RECORDS);
    for await (const record of readRecords(log, qualified(topic), partition, from, until)) {
      const { event_time: eventTime } = JSON.parse(record.value!.toString()) as EventOf<
        typeof PredictionMade
      >;
      const time = timestampMs(eventTime);
      if (time < start || time >= end) continue;
      const vector = await this.sourceOf(record);
      const observation = vector && (await this.triggerOf(vector));
      if (!observation) return null;
      return {
        position: observation.position,
        eventTime,
        time: new Date(observation.record.timestamp).toISOString(),
      };
    }
    return null;
  }

  /** What a prediction is made from: its id is a position of its source. */
  private async sourceOf({ headers }: LogRecord): Promise<LogRecord | undefined> {
    const { source, id } = readEnvelope(headers);
    return this.recordAt(source, id);
  }

  private async triggerOf(
    vector: LogRecord,
  ): Promise<{ readonly position: string; readonly record: LogRecord } | undefined> {
    const { source } = readEnvelope(vector.headers);
    const { trigger } = parseVector(vector.value) as { readonly trigger?: string };
    const record = trigger === undefined ? undefined : await this.recordAt(source, trigger);
    return record && { position: `${source}:${trigger!}`, record };
  }

  private async recordAt(topic: string, position: string): Promise<LogRecord | undefined> {
    const at = tryParsePosition(position);
    if (!at) return undefined;
    const { log, qualified } = this.options;
    for await (const record of readRecords(log, qualified(topic), at.partition, at.offset, at.offset + 1))
      return record;
    return undefined;
  }
}
