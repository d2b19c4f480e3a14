import { Type, type Static } from 'typebox';
import { parseDuration } from '#kernel';
import { durationText } from '../../duration-text';
import { CLOSED, Duration, Identifier } from '../words';

export const EvaluateOptions = Type.Object(
  {
    folds: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 50,
        description: 'cross-validation on the training rows, in time order',
      }),
    ),
    backtest: Type.Optional(
      Type.Object(
        {
          origins: Type.Integer({
            minimum: 1,
            maximum: 100,
            description: 'how many times it is fitted anew',
          }),
          horizon: Duration('how long after its origin each fit is judged'),
        },
        CLOSED,
      ),
    ),
    slices: Type.Optional(Type.Array(Identifier('a feature, or a field of the trigger'), { minItems: 1 })),
    fairness: Type.Optional(
      Type.Object(
        {
          group: Identifier('the feature, or the field of the trigger, whose values are compared'),
          reference: Type.Optional(
            Type.String({ description: 'the value to compare with; all with each other by default' }),
          ),
        },
        CLOSED,
      ),
    ),
    costs: Type.Optional(
      Type.Object(
        {
          false_positive: Type.Number({ minimum: 0 }),
          false_negative: Type.Number({ minimum: 0 }),
        },
        { ...CLOSED, description: 'what a wrong decision costs: the threshold of least cost is reported' },
      ),
    ),
    bootstrap: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        default: 200,
        description: 'samples for intervals; 0 for none',
      }),
    ),
  },
  CLOSED,
);

/** How a version is judged beside its metrics; as written, with what is left out left out. */
export type EvaluateSpec = Static<typeof EvaluateOptions>;

export const evaluateSpec = ({ backtest, ...rest }: EvaluateSpec): EvaluateSpec => ({
  ...rest,
  ...(backtest && { backtest: { ...backtest, horizon: durationText(backtest.horizon) } }),
});

export const ApprovalOptions = Type.Object(
  {
    required: Type.Optional(Type.Boolean({ default: true })),
    rule: Type.Optional(
      Type.Enum(['one', 'four-eyes'], {
        default: 'four-eyes',
        description: 'four-eyes: by somebody else than who asked for the run',
      }),
    ),
  },
  CLOSED,
);

export interface ApprovalSpec {
  readonly required: boolean;
  readonly rule: 'one' | 'four-eyes';
}

export const approvalSpec = ({
  required = true,
  rule = 'four-eyes',
}: Static<typeof ApprovalOptions>): ApprovalSpec => ({ required, rule });

/** From the first to the last; a version goes to one after it was in the one before. */
export const ENVIRONMENTS = ['dev', 'staging', 'production'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** What alerts can ask for; which alert asks for which stands in the registry (`domain/retraining/policy.ts`). */
export const ALERT_TRIGGERS = ['data-drift', 'prediction-drift', 'concept-drift', 'performance'] as const;
export type AlertTrigger = (typeof ALERT_TRIGGERS)[number];

export const TRIGGERS = [...ALERT_TRIGGERS, 'definition'] as const;

const cronField = (value: string): string => {
  const part = `(\\*|(${value})(-(${value}))?)(/[1-9]\\d?)?`;
  return `${part}(,${part})*`;
};

const CRON_MONTHS = 'JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC';
const CRON_DAYS = 'SUN|MON|TUE|WED|THU|FRI|SAT';

/** Minute, hour, day of the month, month, day of the week. */
const CRON_LINE = `^${[
  cronField('[0-5]?\\d'),
  cronField('[01]?\\d|2[0-3]'),
  cronField('0?[1-9]|[12]\\d|3[01]|L'),
  cronField(`0?[1-9]|1[0-2]|${CRON_MONTHS}`),
  cronField(`[0-7]|${CRON_DAYS}`),
].join(' ')}$`;

export const RetrainOptions = Type.Object(
  {
    every: Type.Optional(Duration('a run each so long, by the clock')),
    cron: Type.Optional(
      Type.String({
        minLength: 9,
        maxLength: 100,
        pattern: CRON_LINE,
        title: 'a cron line such as `0 3 * * *`',
        description: 'runs at these times, UTC',
      }),
    ),
    on: Type.Optional(Type.Array(Type.Enum([...TRIGGERS]), { minItems: 1 })),
    rows: Type.Optional(Type.Integer({ minimum: 1, description: 'a run after so many new vectors' })),
    after: Type.Optional(
      Duration(
        'how long an alert must have been open before it asks for a run, so that labels of what changed are there',
      ),
    ),
    debounce: Type.Optional(Duration('no run sooner after the last one', '1h')),
    budget: Type.Optional(
      Type.Object(
        {
          runs: Type.Integer({ minimum: 1 }),
          per: Duration('the stretch of time that the runs are counted in'),
        },
        CLOSED,
      ),
    ),
    promote: Type.Optional(
      Type.Enum(['champion', 'challenger'], {
        description:
          'the alias that a version of a run by policy gets by itself, once it passed its gates and has what approval it needs',
      }),
    ),
    rollback: Type.Optional(
      Type.Object(
        {
          on: Type.Array(Type.Enum([...ALERT_TRIGGERS]), { minItems: 1 }),
          within: Duration('how long after it answers everybody'),
        },
        {
          ...CLOSED,
          description: 'alerts about a version that the policy promoted that take it back, once',
        },
      ),
    ),
  },
  CLOSED,
);
type RetrainOptions = Static<typeof RetrainOptions>;

export interface RetrainSpec {
  readonly every?: string;
  readonly cron?: string;
  readonly on?: readonly (typeof TRIGGERS)[number][];
  readonly rows?: number;
  readonly after?: string;
  readonly debounce: string;
  readonly budget?: { readonly runs: number; readonly per: string };
  readonly promote?: 'champion' | 'challenger';
  readonly rollback?: { readonly on: readonly AlertTrigger[]; readonly within: string };
}

export const retrainSpec = ({
  every,
  after,
  debounce,
  budget,
  rollback,
  ...rest
}: RetrainOptions): RetrainSpec => ({
  ...(every === undefined ? {} : { every: durationText(every) }),
  ...rest,
  ...(after === undefined ? {} : { after: durationText(after) }),
  debounce: durationText(debounce ?? '1h'),
  ...(budget && { budget: { runs: budget.runs, per: durationText(budget.per) } }),
  ...(rollback && { rollback: { on: rollback.on, within: durationText(rollback.within) } }),
});

/** What does not go together in approval, environments and retraining. */
export const policyConflicts = ({
  environments = [],
  retrain = {},
}: {
  readonly environments?: readonly Environment[];
  readonly retrain?: RetrainOptions;
}): { path: readonly string[]; key: string; message: string }[] => {
  const faults: { path: readonly string[]; key: string; message: string }[] = [];
  const ordered = ENVIRONMENTS.filter((environment) => environments.includes(environment));
  if (ordered.join() !== environments.join())
    faults.push({
      path: [],
      key: 'environments',
      message: `environments stand once each, in the order ${ENVIRONMENTS.join(', ')}; write [${ordered.join(', ')}]`,
    });
  const periods = [['every', retrain.every], ['per', retrain.budget?.per]] as const; // prettier-ignore
  for (const [key, text] of periods)
    if (text !== undefined && parseDuration(text) < 1_000)
      faults.push({
        path: key === 'per' ? ['retrain', 'budget'] : ['retrain'],
        key,
        message: `\`${key}\` is ${text}; it must be a second or more`,
      });
  if (retrain.rollback && !retrain.promote)
    faults.push({
      path: ['retrain'],
      key: 'rollback',
      message: '`rollback` takes back what the policy promoted; without `promote` it promotes nothing',
    });
  const listens = retrain.on?.some((trigger) => trigger !== 'definition');
  if (retrain.after !== undefined && !listens)
    faults.push({
      path: ['retrain'],
      key: 'after',
      message: '`after` counts from an alert; `on` names none',
    });
  return faults;
};
