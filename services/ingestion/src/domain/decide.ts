import {
  canonicalTimestamp,
  type EventValidator,
  type Observation,
  type RejectionCode,
  type ValidEvent,
} from '#contracts';
import { canonicalKey, partitionOf, timestampMs } from '#kernel';
import type { EventReading, RawEvent } from './read-event';
import {
  isTooEarly,
  isTooLate,
  wasMoved,
  wasObserved,
  wasRedriven,
  type Horizons,
  type InboxPosition,
  type Observed,
  type StreamPartition,
} from './stream-partition';

/** A stream as its partitions are decided: the definition's part in it and the check of one event against the schema. */
export interface StreamRules extends Horizons {
  readonly key: string;
  readonly id: string;
  readonly time: string;
  readonly partitions: number;
  readonly validate: EventValidator;
}

export interface Refusal {
  readonly code: RejectionCode;
  readonly message: string;
  readonly field?: string;
}

/** A record of the inbox as the decision sees it. */
export interface Arrival {
  readonly partition: number;
  readonly appendTime: number;
  readonly reading: EventReading;
  /** Of value, key and headers together; asked for only when the record has to be copied. */
  readonly bytes: number;
  /** Where it was moved from and what it was driven again from, where that is true. */
  readonly movedFrom?: InboxPosition;
  readonly redrivenFrom?: string;
}

export type Outcome =
  | {
      readonly kind: 'observation';
      readonly event: Observation;
      readonly key: string;
      readonly observed: Observed;
    }
  | ({ readonly kind: 'rejection' } & Refusal)
  /** It stands in a wrong partition; its key's owner decides. */
  | { readonly kind: 'move'; readonly partition: number }
  | { readonly kind: 'dead letter'; readonly code: string; readonly message: string };

/** The largest record that still fits into the inbox when a header is added to it. */
export const MAX_MOVED_BYTES = 1_050_000;
/** Keys and ids are written into every record that follows from an event. */
export const MAX_KEY_LENGTH = 1_000;

const encoder = new TextEncoder();
/** A unit of UTF-16 takes three bytes of UTF-8 at most. */
const keyBytes = new Uint8Array(3 * MAX_KEY_LENGTH);

/** The canonical key of an event; undefined where it has none that could be used. */
export const keyOf = (event: RawEvent, field: string): string | undefined => {
  if (!Object.hasOwn(event, field)) return undefined;
  const value = event[field];
  if (typeof value !== 'string' && !Number.isSafeInteger(value)) return undefined;
  const key = canonicalKey(value)!;
  return key.length > 0 && key.length <= MAX_KEY_LENGTH ? key : undefined;
};

/** The partition that owns a key of at most `MAX_KEY_LENGTH`, as Kafka's Java producer has it. */
export const ownerOf = (key: string, partitions: number): number =>
  partitionOf(keyBytes.subarray(0, encoder.encodeInto(key, keyBytes).written), partitions);

/** What the definition says of an event by itself, without state: the door answers with it before the record is decided. */
export const examine = (
  rules: StreamRules,
  raw: RawEvent,
  key: string | undefined,
): ValidEvent | { readonly fault: Refusal } => {
  const valid = rules.validate(raw);
  if (valid.fault) return valid;
  if (key === undefined) return tooLong(rules.key);
  return valid.id.length > MAX_KEY_LENGTH ? tooLong(rules.id) : valid;
};

/**
 * What becomes of one record: it depends on the record, its append time, the definition in force and the partition's state, and on
 * nothing else. The partition that owns the key validates; another one only judges what depends on where a record was found.
 */
export const decide = (state: StreamPartition, rules: StreamRules, arrival: Arrival): Outcome => {
  const { reading } = arrival;
  if (reading.kind === 'dead') return { kind: 'dead letter', code: reading.code, message: reading.message };
  if (reading.kind === 'rejected') return rejection(reading.code, reading.message);
  const key = keyOf(reading.event, rules.key);
  const owner = key === undefined ? arrival.partition : ownerOf(key, rules.partitions);
  return owner === arrival.partition
    ? decideOwn(state, rules, arrival, reading.event, key)
    : decideForeign(state, rules, arrival, reading.event, owner);
};

const decideOwn = (
  state: StreamPartition,
  rules: StreamRules,
  arrival: Arrival,
  raw: RawEvent,
  key: string | undefined,
): Outcome => {
  const { movedFrom, redrivenFrom } = arrival;
  if (movedFrom && wasMoved(state, movedFrom))
    return rejection(
      'DUPLICATE',
      `the record at ${movedFrom.partition}-${movedFrom.offset} was moved here before`,
    );
  if (redrivenFrom !== undefined && wasRedriven(state, redrivenFrom))
    return rejection('DUPLICATE', `${redrivenFrom} was driven again before`);
  const valid = examine(rules, raw, key);
  if (valid.fault) return { kind: 'rejection', ...valid.fault };
  const { event, id, timeMs: time } = valid;
  if (!movedFrom && isTooEarly(time, arrival.appendTime, rules)) return tooEarly(time, arrival, rules);
  if (redrivenFrom === undefined && wasObserved(state, id, rules))
    return rejection('DUPLICATE', `an event with ${rules.id} ${shortened(id)} was observed before`, rules.id);
  if (!movedFrom && redrivenFrom === undefined && isTooLate(state, time, rules))
    return tooLate(time, state, rules);
  return { kind: 'observation', event, key: valid.key, observed: { id, time, movedFrom, redrivenFrom } };
};

/** Lateness and skew are judged where a record was found: by the time its copy arrives, others may have moved the watermark there. */
const decideForeign = (
  state: StreamPartition,
  rules: StreamRules,
  arrival: Arrival,
  raw: RawEvent,
  partition: number,
): Outcome => {
  if (arrival.bytes > MAX_MOVED_BYTES)
    return rejection(
      'TOO_LARGE',
      `the record stands in a wrong partition and has ${arrival.bytes} bytes, ${MAX_MOVED_BYTES} can be moved`,
    );
  const time = timeOf(raw, rules.time);
  if (!arrival.movedFrom) {
    if (isTooEarly(time, arrival.appendTime, rules)) return tooEarly(time, arrival, rules);
    if (arrival.redrivenFrom === undefined && isTooLate(state, time, rules))
      return tooLate(time, state, rules);
  }
  return { kind: 'move', partition };
};

/** Milliseconds; NaN where the owner will reject the event. */
const timeOf = (raw: RawEvent, field: string): number => {
  const value = Object.hasOwn(raw, field) ? raw[field] : undefined;
  return typeof value === 'string' || typeof value === 'number'
    ? timestampMs(canonicalTimestamp(value))
    : NaN;
};

const rejection = (code: RejectionCode, message: string, field?: string): Outcome => ({
  kind: 'rejection',
  code,
  message,
  field,
});

const tooLong = (field: string): { readonly fault: Refusal } => ({
  fault: { code: 'TOO_LONG', message: `${field} has more than ${MAX_KEY_LENGTH} characters`, field },
});

const tooEarly = (time: number, { appendTime }: Arrival, { skewMs, time: field }: StreamRules): Outcome =>
  rejection(
    'TOO_EARLY',
    `${field} is ${time - appendTime} ms ahead of its arrival, ${skewMs} ms are the most`,
    field,
  );

const tooLate = (
  time: number,
  { watermark }: StreamPartition,
  { latenessMs, time: field }: StreamRules,
): Outcome =>
  rejection(
    'TOO_LATE',
    `${field} is ${watermark.at - time} ms behind the watermark, ${latenessMs} ms are the most`,
    field,
  );

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}...` : text);
