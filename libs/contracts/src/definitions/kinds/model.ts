import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import { METRICS, TASKS, type MetricName, type Task } from './metrics';
import { CLOSED, DefinitionName, Duration, Identifier } from './words';

export const TRAINERS = ['gbdt', 'logistic', 'linear'] as const;
export type TrainerName = (typeof TRAINERS)[number];

export const SPLITS = ['time', 'entity', 'random'] as const;

const GateOptions = Type.Object(
  {
    metric: Type.Enum([...METRICS], { description: 'of the hold-out' }),
    min: Type.Optional(Type.Number({ description: 'refused below it' })),
    max: Type.Optional(Type.Number({ description: 'refused above it' })),
    threshold: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'where f1, precision, recall and accuracy decide',
      }),
    ),
    k: Type.Optional(Type.Integer({ minimum: 1, default: 100, description: 'of precision_at_k' })),
    against: Type.Optional(DefinitionName('alias of the version to compare with')),
    tolerance: Type.Optional(Type.Number({ minimum: 0 })),
    slice: Type.Optional(Identifier('the field whose values are judged one by one')),
  },
  CLOSED,
);

const TrainerOptions = Type.Object(
  {
    kind: Type.Enum([...TRAINERS]),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()]), {
        title: 'parameters of the trainer, each with its value',
      }),
    ),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4294967295, default: 0 })),
    search: Type.Optional(
      Type.Object(
        {
          method: Type.Enum(['tpe', 'random', 'grid']),
          trials: Type.Integer({ minimum: 1 }),
          metric: Type.Enum([...METRICS]),
        },
        CLOSED,
      ),
    ),
  },
  CLOSED,
);

/** What a user writes below `spec` of a Model. */
export const ModelOptions = Type.Object(
  {
    task: Type.Enum([...TASKS]),
    features: DefinitionName('the feature service it reads, for ever'),
    label: DefinitionName('what it learns to say'),
    split: Type.Optional(
      Type.Object(
        {
          by: Type.Optional(
            Type.Enum([...SPLITS], {
              default: 'time',
              description: 'time: the newest rows judge; entity: no entity on both sides; random: by event',
            }),
          ),
          holdout: Type.Optional(
            Type.Union([
              Duration('by time: the last stretch of event time, kept for judging', '7d'),
              Type.Number({
                exclusiveMinimum: 0,
                maximum: 0.99,
                default: 0.2,
                description: 'by entity or random: the share that is kept for judging',
              }),
            ]),
          ),
          gap: Type.Optional(
            Duration('by time: left out before the hold-out, so that labels known late do not leak', '7d'),
          ),
          seed: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 4294967295,
              default: 0,
              description: 'by entity or random: another seed holds out others',
            }),
          ),
        },
        CLOSED,
      ),
    ),
    trainer: TrainerOptions,
    gates: Type.Optional(
      Type.Array(GateOptions, { description: 'a version that fails one is not approved' }),
    ),
    approval: Type.Optional(
      Type.Object(
        { required: Type.Optional(Type.Boolean()), rule: Type.Optional(Type.Enum(['one', 'four-eyes'])) },
        CLOSED,
      ),
    ),
    retrain: Type.Optional(
      Type.Object(
        {
          every: Type.Optional(Duration('a schedule')),
          on: Type.Optional(
            Type.Array(Type.Enum(['data-drift', 'prediction-drift', 'concept-drift', 'performance']), {
              minItems: 1,
            }),
          ),
        },
        CLOSED,
      ),
    ),
  },
  CLOSED,
);
export type ModelOptions = Static<typeof ModelOptions>;

export interface GateSpec {
  readonly metric: MetricName;
  readonly min?: number;
  readonly max?: number;
  readonly threshold?: number;
  readonly k?: number;
}

export type SplitSpec =
  | { readonly by: 'time'; readonly holdout: string; readonly gap: string }
  | { readonly by: 'entity' | 'random'; readonly holdout: number; readonly seed: number };

/** A model with defaults applied; only what runs today. Parameters that are not given keep the trainer's defaults. */
export interface ModelSpec {
  readonly task: Task;
  readonly features: string;
  readonly label: string;
  readonly split: SplitSpec;
  readonly trainer: {
    readonly kind: TrainerName;
    readonly parameters: Readonly<Record<string, number | string | boolean>>;
    readonly seed: number;
  };
  readonly gates: readonly GateSpec[];
}

const DECIDED: readonly MetricName[] = ['f1', 'precision', 'recall', 'accuracy'];

const gateSpec = ({
  metric,
  min,
  max,
  threshold,
  k,
}: NonNullable<ModelOptions['gates']>[number]): GateSpec => ({
  metric,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  ...(DECIDED.includes(metric) ? { threshold: threshold ?? 0.5 } : {}),
  ...(metric === 'precision_at_k' ? { k: k ?? 100 } : {}),
});

/** Whether a gate says something that its metric does not have; empty when it does not. */
export const gateConflicts = (
  gate: NonNullable<ModelOptions['gates']>[number],
): { key: string; message: string }[] => {
  const faults: { key: string; message: string }[] = [];
  if (gate.min === undefined && gate.max === undefined && gate.against === undefined) {
    faults.push({ key: 'metric', message: `the gate on ${gate.metric} has neither \`min\` nor \`max\`` });
  }
  if (gate.min !== undefined && gate.max !== undefined && gate.min > gate.max) {
    faults.push({
      key: 'min',
      message: `the gate on ${gate.metric} has \`min\` ${gate.min} above \`max\` ${gate.max}`,
    });
  }
  if (gate.threshold !== undefined && !DECIDED.includes(gate.metric)) {
    faults.push({
      key: 'threshold',
      message: `${gate.metric} has no \`threshold\`; ${DECIDED.join(', ')} have`,
    });
  }
  if (gate.k !== undefined && gate.metric !== 'precision_at_k') {
    faults.push({ key: 'k', message: `${gate.metric} has no \`k\`; precision_at_k has` });
  }
  return faults;
};

type SplitOptions = NonNullable<ModelOptions['split']>;

/** Options of one way to split that another does not have. */
export const splitConflicts = ({
  by = 'time',
  holdout,
  gap,
  seed,
}: SplitOptions): { key: string; message: string }[] => {
  const faults: { key: string; message: string }[] = [];
  if (by === 'time' && typeof holdout === 'number')
    faults.push({
      key: 'holdout',
      message: `a split by time holds out a duration such as 7d, not ${holdout}`,
    });
  if (by !== 'time' && typeof holdout === 'string')
    faults.push({
      key: 'holdout',
      message: `a split by ${by} holds out a share such as 0.2, not ${holdout}`,
    });
  if (by !== 'time' && gap !== undefined)
    faults.push({ key: 'gap', message: `a split by ${by} has no \`gap\`; one by time has` });
  if (by === 'time' && seed !== undefined)
    faults.push({ key: 'seed', message: 'a split by time has no `seed`; those by entity and random have' });
  return faults;
};

const splitSpec = ({ by = 'time', holdout, gap = '7d', seed = 0 }: SplitOptions): SplitSpec =>
  by === 'time'
    ? { by, holdout: durationText(typeof holdout === 'string' ? holdout : '7d'), gap: durationText(gap) }
    : { by, holdout: typeof holdout === 'number' ? holdout : 0.2, seed };

export const modelSpec = ({ task, features, label, split, trainer, gates }: ModelOptions): ModelSpec => ({
  task,
  features,
  label,
  split: splitSpec(split ?? {}),
  trainer: { kind: trainer.kind, parameters: trainer.parameters ?? {}, seed: trainer.seed ?? 0 },
  gates: (gates ?? []).map(gateSpec),
});
