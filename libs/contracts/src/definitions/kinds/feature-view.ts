import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import {
  ACCURACIES,
  AGGREGATES,
  CALENDAR_UNITS,
  type Accuracy,
  type Aggregate,
  type CalendarUnit,
} from './aggregates';
import { CLOSED, DefinitionName, Duration, Expression, Identifier } from './words';

const Window = Type.Union(
  [
    Duration('(T - window, T]'),
    Type.Object(
      {
        calendar: Type.Enum([...CALENDAR_UNITS], { description: 'weeks begin on Monday' }),
        zone: Type.Optional(Type.Literal('UTC', { description: 'the only one' })),
      },
      { title: '`calendar: day`, `week` or `month`', ...CLOSED },
    ),
  ],
  {
    description:
      '(T - window, T], the triggering event counted in, or the calendar unit that T is in, up to T; without it, everything up to T',
  },
);

const FeatureOptions = Type.Object(
  {
    name: Identifier('unique within a feature service; last_k and top_k give `name_1` to `name_k`'),
    value: Type.Optional(Expression('CEL over the event; gives a number, or a boolean as 0 or 1')),
    aggregate: Type.Optional(
      Type.Enum([...AGGREGATES], { description: 'over the events of the entity in the window' }),
    ),
    of: Type.Optional(
      Expression(
        'what is aggregated: a field or CEL over the event, nulls left out; count, ratio and time_since_last without it are of events',
      ),
    ),
    where: Type.Optional(Expression('CEL over the event, gives a boolean: only events for which it is true')),
    window: Type.Optional(Window),
    empty: Type.Optional(
      Type.Union([Type.Number(), Type.Null()], {
        description: 'the value of an empty window: 0 for counts and sum, else null by default',
      }),
    ),
    k: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'of last_k and top_k: how many values' }),
    ),
    n: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 1,
        description: 'of lag: which event before the trigger',
      }),
    ),
    q: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'of quantile: which one' })),
    by: Type.Optional(
      Type.Enum(['value', 'frequency'], {
        default: 'value',
        description: 'of top_k: the largest values, or the most frequent',
      }),
    ),
    half_life: Type.Optional(Duration('of ewma: an event so much older weighs half')),
    accuracy: Type.Optional(
      Type.Enum([...ACCURACIES], {
        default: 'exact',
        description:
          'tiled: the window begins and ends at whole tiles, and only totals of tiles are kept; sketch, of quantile: within 1 %',
      }),
    ),
    tile: Type.Optional(Duration('of tiled: how wide a tile is')),
  },
  CLOSED,
);

/** What a user writes below `spec` of a FeatureView. */
export const FeatureViewOptions = Type.Object(
  {
    stream: DefinitionName('the stream that is folded'),
    entity: Identifier('the field that says whose features these are'),
    ttl: Type.Optional(
      Duration('an entity without an event for so long, by event time, is forgotten; never, without it'),
    ),
    features: Type.Array(FeatureOptions, { minItems: 1 }),
  },
  CLOSED,
);
export type FeatureViewOptions = Static<typeof FeatureViewOptions>;
type FeatureOptions = FeatureViewOptions['features'][number];

export interface ValueFeatureSpec {
  readonly name: string;
  readonly value: string;
}

export interface AggregateFeatureSpec {
  readonly name: string;
  readonly aggregate: Aggregate;
  readonly of?: string;
  readonly where?: string;
  readonly window?: string | { readonly calendar: CalendarUnit };
  readonly empty: number | null;
  readonly k?: number;
  readonly n?: number;
  readonly q?: number;
  readonly by?: 'value' | 'frequency';
  readonly half_life?: string;
  /** Absent for exact. */
  readonly accuracy?: Exclude<Accuracy, 'exact'>;
  readonly tile?: string;
}

export type FeatureSpec = ValueFeatureSpec | AggregateFeatureSpec;

/** A feature view with defaults applied. */
export interface FeatureViewSpec {
  readonly stream: string;
  readonly entity: string;
  readonly ttl?: string;
  readonly features: readonly FeatureSpec[];
}

export const isAggregate = (feature: FeatureSpec): feature is AggregateFeatureSpec => 'aggregate' in feature;

const featureSpec = (options: FeatureOptions): FeatureSpec => {
  const { name, value, aggregate, of, where, window, empty, k, q, half_life, accuracy, tile } = options;
  if (aggregate === undefined) return { name, value: value! };
  const counts = aggregate === 'count' || aggregate === 'sum' || aggregate === 'count_distinct';
  return {
    name,
    aggregate,
    ...(of !== undefined && { of: of.trim() }),
    ...(where !== undefined && { where: where.trim() }),
    ...(window !== undefined && {
      window: typeof window === 'string' ? durationText(window) : { calendar: window.calendar },
    }),
    empty: empty === undefined ? (counts ? 0 : null) : empty,
    ...(k !== undefined && { k }),
    ...(aggregate === 'lag' && { n: options.n ?? 1 }),
    ...(q !== undefined && { q }),
    ...(aggregate === 'top_k' && { by: options.by ?? 'value' }),
    ...(half_life !== undefined && { half_life: durationText(half_life) }),
    ...(accuracy !== undefined && accuracy !== 'exact' && { accuracy }),
    ...(tile !== undefined && { tile: durationText(tile) }),
  };
};

export const featureViewSpec = (options: FeatureViewOptions): FeatureViewSpec => ({
  stream: options.stream,
  entity: options.entity,
  ...(options.ttl !== undefined && { ttl: durationText(options.ttl) }),
  features: options.features.map(featureSpec),
});
