import type { FieldType } from '#kernel';

/**
 * Semantic version of the engine, part of every definition digest: raised when a fix changes a value, so that a replay says
 * `engine 1 -> 2` instead of `diverged` (law L6).
 */
export const ENGINE_VERSION = 1;

export const AGGREGATES = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'variance',
  'std',
  'last',
  'first',
  'last_k',
  'lag',
  'time_since_last',
  'count_distinct',
  'top_k',
  'quantile',
  'ratio',
  'ewma',
] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** An event as it stands in an observation: the stream's fields; timestamps as canonical text. */
export type FeatureEvent = Readonly<Record<string, unknown>>;

export interface FieldDefinition {
  readonly name: string;
  readonly type: FieldType;
  /** Digits after the point: aggregates of such a field are computed in whole units of it. */
  readonly decimals?: number;
}

/** What the engine needs to know of a stream. Durations in ms. */
export interface StreamDefinition {
  readonly name: string;
  /** The field with the event time. */
  readonly time: string;
  readonly lateness: number;
  readonly jump: number;
  readonly fields: readonly FieldDefinition[];
}

/** CEL over the trigger event: a number, or a boolean as 1 or 0. */
export interface ValueFeature {
  readonly name: string;
  readonly value: string;
}

export const CALENDAR_UNITS = ['day', 'week', 'month'] as const;
/** A day, a week from Monday or a month, in UTC. */
export type CalendarUnit = (typeof CALENDAR_UNITS)[number];

export interface AggregateFeature {
  readonly name: string;
  readonly aggregate: Aggregate;
  /** A field or CEL over each event: a number, or a boolean as 1 or 0; nulls and errors are skipped. Without it, events are meant. */
  readonly of?: string;
  /** CEL over each event: only those for which it is true count; an error is no. */
  readonly where?: string;
  /** Width in ms of (T - window, T], or the calendar unit that T is in, up to T; without it, everything up to T. */
  readonly window?: number | { readonly calendar: CalendarUnit };
  /** The value where the aggregate has none; by default 0 for counts and sum, else null. */
  readonly empty?: number | null;
  /** Of `last_k` and `top_k`: how many values, named `name_1` to `name_k`. */
  readonly k?: number;
  /** Of `lag`: which event before the trigger, 1 by default. */
  readonly n?: number;
  /** Of `quantile`: from 0 to 1. */
  readonly q?: number;
  /** Of `top_k`: the largest values (default), or the most frequent. */
  readonly by?: 'value' | 'frequency';
  /** Of `ewma`, in ms: an event so much older weighs half. */
  readonly halfLife?: number;
  /**
   * Exact without it. `tiled`: the window begins and ends at whole tiles, and only totals of tiles are kept. `sketch`, of `quantile`: within
   * 1 % of the value.
   */
  readonly accuracy?: 'tiled' | 'sketch';
  /** Width of a tile in ms. */
  readonly tile?: number;
}

export type FeatureDefinition = ValueFeature | AggregateFeature;

export interface ViewDefinition {
  readonly name: string;
  readonly stream: StreamDefinition;
  /** The field that says whose features these are. */
  readonly entity: string;
  /** In ms: an entity without an event for so long is forgotten. */
  readonly ttl?: number;
  readonly features: readonly FeatureDefinition[];
}

export const isAggregate = (feature: FeatureDefinition): feature is AggregateFeature =>
  'aggregate' in feature;
