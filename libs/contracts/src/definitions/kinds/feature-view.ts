import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import { CLOSED, DefinitionName, Duration, Expression, Identifier } from './words';

export const AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'variance', 'std', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

const FeatureOptions = Type.Object(
  {
    name: Identifier('unique within a feature service'),
    value: Type.Optional(Expression('CEL over the event; gives a number, or a boolean as 0 or 1')),
    aggregate: Type.Optional(
      Type.Enum([...AGGREGATES], { description: 'over the events of the entity in the window' }),
    ),
    of: Type.Optional(
      Expression(
        'what is aggregated: a field or CEL over the event, nulls left out; count without it counts events',
      ),
    ),
    window: Type.Optional(
      Duration('(T - window, T], the triggering event counted in; without it, everything up to T'),
    ),
    empty: Type.Optional(
      Type.Union([Type.Number(), Type.Null()], {
        description: 'the value of an empty window: 0 for count and sum, else null by default',
      }),
    ),
  },
  CLOSED,
);

/** What a user writes below `spec` of a FeatureView. */
export const FeatureViewOptions = Type.Object(
  {
    stream: DefinitionName('the stream that is folded'),
    entity: Identifier('the field that says whose features these are'),
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
  readonly window?: string;
  readonly empty: number | null;
}

export type FeatureSpec = ValueFeatureSpec | AggregateFeatureSpec;

/** A feature view with defaults applied. */
export interface FeatureViewSpec {
  readonly stream: string;
  readonly entity: string;
  readonly features: readonly FeatureSpec[];
}

export const isAggregate = (feature: FeatureSpec): feature is AggregateFeatureSpec => 'aggregate' in feature;

/** Which of the options of a feature do not go together; empty when all do. */
export const featureConflicts = (feature: FeatureOptions): { key: string; message: string }[] => {
  const faults: { key: string; message: string }[] = [];
  const say = (key: string, message: string) => faults.push({ key, message });
  if (feature.value !== undefined && feature.aggregate !== undefined) {
    say('aggregate', `feature \`${feature.name}\` has both \`value\` and \`aggregate\``);
  } else if (feature.value !== undefined) {
    for (const key of ['of', 'window', 'empty'] as const) {
      if (feature[key] !== undefined)
        say(key, `\`${key}\` is for aggregates; feature \`${feature.name}\` is a value`);
    }
  } else if (feature.aggregate === undefined) {
    say('name', `feature \`${feature.name}\` has neither \`value\` nor \`aggregate\``);
  } else if (feature.aggregate !== 'count' && feature.of === undefined) {
    say('aggregate', `feature \`${feature.name}\` does not say \`of\` what the ${feature.aggregate} is`);
  }
  return faults;
};

const featureSpec = ({ name, value, aggregate, of, window, empty }: FeatureOptions): FeatureSpec => {
  if (aggregate === undefined) return { name, value: value! };
  return {
    name,
    aggregate,
    ...(of === undefined ? {} : { of: of.trim() }),
    ...(window === undefined ? {} : { window: durationText(window) }),
    empty: empty === undefined ? (aggregate === 'count' || aggregate === 'sum' ? 0 : null) : empty,
  };
};

export const featureViewSpec = (options: FeatureViewOptions): FeatureViewSpec => ({
  stream: options.stream,
  entity: options.entity,
  features: options.features.map(featureSpec),
});
