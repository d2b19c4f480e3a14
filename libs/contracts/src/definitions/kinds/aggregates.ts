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

export const CALENDAR_UNITS = ['day', 'week', 'month'] as const;
export type CalendarUnit = (typeof CALENDAR_UNITS)[number];

export const ACCURACIES = ['exact', 'tiled', 'sketch'] as const;
export type Accuracy = (typeof ACCURACIES)[number];

/** What the rules below look at: the options of a feature as a user writes them. */
interface Options {
  readonly name: string;
  readonly value?: string;
  readonly aggregate?: Aggregate;
  readonly of?: string;
  readonly where?: string;
  readonly window?: unknown;
  readonly accuracy?: Accuracy;
  readonly tile?: string;
}

interface Parameter {
  readonly of: readonly Aggregate[];
  readonly isRequired: boolean;
  /** What it says, for who left it out. */
  readonly meaning: string;
}

/** Options that belong to some aggregates only. */
const PARAMETERS: Readonly<Record<string, Parameter>> = {
  k: { of: ['last_k', 'top_k'], isRequired: true, meaning: 'how many values it gives' },
  n: { of: ['lag'], isRequired: false, meaning: 'how many events it looks back' },
  q: { of: ['quantile'], isRequired: true, meaning: 'which quantile, such as 0.95' },
  by: { of: ['top_k'], isRequired: false, meaning: 'what the top is' },
  half_life: { of: ['ewma'], isRequired: true, meaning: 'after how long an event weighs half' },
};

/** Options that any aggregate may have, and none that is a value. */
const FOR_AGGREGATES = ['of', 'where', 'window', 'empty', 'accuracy', 'tile', ...Object.keys(PARAMETERS)];

const OF_EVENTS: readonly Aggregate[] = ['count', 'ratio', 'time_since_last'];
/** Those whose values a tile can be told by a few numbers of. */
const TILED: readonly Aggregate[] = [
  'count', 'sum', 'mean', 'min', 'max', 'variance', 'std', 'first', 'last', 'ratio', 'quantile',
]; // prettier-ignore
/** Those that would have to keep every value for ever without a window. */
const WINDOWED: readonly Aggregate[] = ['count_distinct', 'top_k', 'quantile'];

interface Conflict {
  readonly key: string;
  readonly message: string;
}

/** Which of the options of a feature do not go together; empty when all do. */
export const featureConflicts = (feature: Options): Conflict[] => {
  const { name, value, aggregate } = feature;
  const has = (key: string): boolean => (feature as unknown as Record<string, unknown>)[key] !== undefined;
  if (value !== undefined && aggregate !== undefined)
    return [{ key: 'aggregate', message: `feature \`${name}\` has both \`value\` and \`aggregate\`` }];
  if (value !== undefined)
    return FOR_AGGREGATES.filter(has).map((key) => ({
      key,
      message: `\`${key}\` is for aggregates; feature \`${name}\` is a value`,
    }));
  if (aggregate === undefined)
    return [{ key: 'name', message: `feature \`${name}\` has neither \`value\` nor \`aggregate\`` }];
  return [
    ...sourceConflicts(feature, aggregate),
    ...parameterConflicts(name, aggregate, has),
    ...windowConflicts(feature, aggregate),
  ];
};

const sourceConflicts = ({ name, of, where }: Options, aggregate: Aggregate): Conflict[] => {
  if (of === undefined && !OF_EVENTS.includes(aggregate))
    return [
      { key: 'aggregate', message: `feature \`${name}\` does not say \`of\` what the ${aggregate} is` },
    ];
  if (aggregate === 'ratio' && where === undefined)
    return [
      { key: 'aggregate', message: `feature \`${name}\` does not say \`where\`: the ratio of which events` },
    ];
  return [];
};

const parameterConflicts = (name: string, aggregate: Aggregate, has: (key: string) => boolean): Conflict[] =>
  Object.entries(PARAMETERS).flatMap(([key, { of, isRequired, meaning }]) => {
    if (has(key) && !of.includes(aggregate))
      return [
        { key, message: `\`${key}\` is for ${of.join(' and ')}; feature \`${name}\` is a ${aggregate}` },
      ];
    if (!has(key) && isRequired && of.includes(aggregate))
      return [{ key: 'aggregate', message: `feature \`${name}\` does not say \`${key}\`: ${meaning}` }];
    return [];
  });

const windowConflicts = ({ name, window, accuracy, tile }: Options, aggregate: Aggregate): Conflict[] => {
  if (accuracy === 'tiled') {
    if (!TILED.includes(aggregate))
      return [{ key: 'accuracy', message: `a ${aggregate} cannot be tiled; there are ${TILED.join(', ')}` }];
    if (window === undefined)
      return [{ key: 'accuracy', message: `feature \`${name}\` is tiled and has no \`window\`` }];
    if (tile === undefined)
      return [{ key: 'accuracy', message: `feature \`${name}\` does not say how wide a \`tile\` is` }];
    return [];
  }
  if (tile !== undefined) return [{ key: 'tile', message: `\`tile\` is for \`accuracy: tiled\`` }];
  if (accuracy === 'sketch')
    return aggregate === 'quantile'
      ? []
      : [{ key: 'accuracy', message: `only a quantile can be a sketch; a ${aggregate} is exact or tiled` }];
  if (window === undefined && WINDOWED.includes(aggregate)) {
    const instead = aggregate === 'quantile' ? ', or `accuracy: sketch`' : '';
    return [
      {
        key: 'aggregate',
        message: `feature \`${name}\` would keep every value for ever: a ${aggregate} needs \`window\`${instead}`,
      },
    ];
  }
  return [];
};
