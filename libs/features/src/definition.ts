import type { FieldType } from '#kernel';

/**
 * Semantic version of the engine, part of every definition digest: raised when a fix changes a value, so that a replay says
 * `engine 1 -> 2` instead of `diverged` (law L6).
 */
export const ENGINE_VERSION = 1;

export const AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'variance', 'std', 'last'] as const;
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

export interface AggregateFeature {
  readonly name: string;
  readonly aggregate: Aggregate;
  /** A field or CEL over each event: a number, or a boolean as 1 or 0; nulls and errors are skipped. `count` without it counts events. */
  readonly of?: string;
  /** Width in ms of (T - window, T]; without it, everything up to T. */
  readonly window?: number;
  /** The value where the aggregate has none; by default 0 for count and sum, else null. */
  readonly empty?: number | null;
}

export type FeatureDefinition = ValueFeature | AggregateFeature;

export interface ViewDefinition {
  readonly name: string;
  readonly stream: StreamDefinition;
  /** The field that says whose features these are. */
  readonly entity: string;
  readonly features: readonly FeatureDefinition[];
}

export const isAggregate = (feature: FeatureDefinition): feature is AggregateFeature =>
  'aggregate' in feature;
