import { Type, type Static } from 'typebox';
import { parseDuration } from '#kernel';
import { durationText } from '../../duration-text';
import type { Task } from '../metrics';
import { CLOSED, Duration } from '../words';

/** What can be seen of a route as it answers, and what labels say of it later. */
export const ROUTE_METRICS = [
  'error_rate',
  'latency_p50_ms',
  'latency_p99_ms',
  'positive_rate',
  'mean_score',
  'accuracy',
  'precision',
  'recall',
  'log_loss',
  'brier',
] as const;
export type RouteMetric = (typeof ROUTE_METRICS)[number];

const OF_ANY_TASK = ['error_rate', 'latency_p50_ms', 'latency_p99_ms'] as const;

/** The metrics of a route that a task has: a score is one number, labels are compared with binary decisions. */
export const routeMetricsOf = (task: Task): readonly RouteMetric[] => {
  if (task === 'binary') return ROUTE_METRICS;
  return task === 'multiclass' ? OF_ANY_TASK : [...OF_ANY_TASK, 'positive_rate', 'mean_score'];
};

const AbortOptions = Type.Object(
  {
    metric: Type.Enum([...ROUTE_METRICS]),
    above: Type.Optional(Type.Number({ description: 'a greater value aborts' })),
    below: Type.Optional(Type.Number({ description: 'a smaller value aborts' })),
    against: Type.Optional(
      Type.Literal('champion', {
        description: 'the value is that of the new version less that of the one before',
      }),
    ),
    rows: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: 100,
        description: 'predictions, or labels, that it takes to say so',
      }),
    ),
  },
  CLOSED,
);

export const RolloutOptions = Type.Object(
  {
    strategy: Type.Enum(['canary', 'blue-green'], {
      description:
        'canary: a share of the entities, growing in steps; blue-green: all at once, the version before stays ready for one interval',
    }),
    steps: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 100 }), {
        minItems: 1,
        maxItems: 50,
        description: 'shares of the new version in percent, growing, the last one 100; canary: 5, 25, 100',
      }),
    ),
    interval: Type.Optional(Duration('how long each step is watched', '1h')),
    abort: Type.Optional(
      Type.Union([AbortOptions, Type.Array(AbortOptions, { minItems: 1, maxItems: 20 })], {
        description: 'what takes the new version back',
      }),
    ),
  },
  CLOSED,
);
type RolloutOptions = Static<typeof RolloutOptions>;

export interface AbortSpec {
  readonly metric: RouteMetric;
  readonly above?: number;
  readonly below?: number;
  readonly against?: 'champion';
  readonly rows: number;
}

/** A rollout with defaults applied. */
export interface RolloutSpec {
  readonly strategy: 'canary' | 'blue-green';
  readonly steps: readonly number[];
  readonly interval: string;
  readonly abort: readonly AbortSpec[];
}

const DEFAULT_STEPS = { canary: [5, 25, 100], 'blue-green': [100] } as const;
const DEFAULT_ROWS = 100;

export const rolloutSpec = ({
  strategy,
  steps,
  interval = '1h',
  abort = [],
}: RolloutOptions): RolloutSpec => ({
  strategy,
  steps: steps ?? DEFAULT_STEPS[strategy],
  interval: durationText(interval),
  abort: [abort].flat().map(({ rows = DEFAULT_ROWS, ...rest }) => ({ ...rest, rows })),
});

/** What does not go together in a rollout, by the key below it. */
export const rolloutConflicts = (
  rollout: RolloutOptions,
): { path: readonly (string | number)[]; message: string }[] => {
  const faults: { path: readonly (string | number)[]; message: string }[] = [];
  const { strategy, steps = DEFAULT_STEPS[strategy], interval = '1h', abort = [] } = rollout;
  if (steps.some((share, i) => i > 0 && share <= steps[i - 1]!) || steps.at(-1) !== 100)
    faults.push({ path: ['steps'], message: 'steps must grow and end at 100; write [5, 25, 100]' });
  if (steps.some((share) => Math.abs(share * 100 - Math.round(share * 100)) > 1e-9))
    faults.push({ path: ['steps'], message: 'a share has at most two decimals' });
  if (strategy === 'blue-green' && steps.length > 1)
    faults.push({
      path: ['steps'],
      message: 'blue-green switches all at once; take `steps` away or write canary',
    });
  if (parseDuration(interval) < 1_000)
    faults.push({ path: ['interval'], message: `\`interval\` is ${interval}; it must be a second or more` });
  [abort].flat().forEach(({ above, below }, i) => {
    if ((above === undefined) === (below === undefined))
      faults.push({
        path: Array.isArray(abort) ? ['abort', i] : ['abort'],
        message: 'write either `above` or `below`',
      });
  });
  return faults;
};
