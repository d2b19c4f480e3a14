import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import { METRICS, type MetricName } from './metrics';
import { CLOSED, DefinitionName, Duration, Identifier } from './words';

/** How a window of a column is compared with its reference (libs/drift says what each means). */
export const DRIFT_STATISTICS = [
  'psi',
  'jensen_shannon',
  'kl',
  'hellinger',
  'wasserstein',
  'kolmogorov_smirnov',
  'chi_square',
] as const;
export type DriftStatisticName = (typeof DRIFT_STATISTICS)[number];

/** The statistics that have a p-value: drift is at or below the threshold. */
export const DRIFT_TESTS: readonly string[] = ['kolmogorov_smirnov', 'chi_square'];

export const DETECTOR_NAMES = ['adwin', 'page_hinkley', 'kswin', 'ddm', 'eddm', 'hddm_a', 'hddm_w'] as const;
export type DetectorName = (typeof DETECTOR_NAMES)[number];

export const FAIRNESS_METRICS = ['demographic_parity', 'equal_opportunity', 'disparate_impact'] as const;

const Share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));

const DriftOptions = Type.Object(
  {
    features: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Array(Identifier('a feature'), { minItems: 1 })], {
        description: 'auto: every feature of the service',
      }),
    ),
    statistic: Type.Optional(
      Type.Enum(['auto', ...DRIFT_STATISTICS], {
        default: 'psi',
        description:
          'auto: by the kind, the rows and the distinct values of the column, as Evidently chooses',
      }),
    ),
    threshold: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Number({ exclusiveMinimum: 0 })], {
        description:
          'the value from which on a feature has drifted; auto: learned from chunks of the reference, their mean and three deviations. Without it 0.2 for psi, 0.1 for other distances, 0.05 for tests',
      }),
    ),
    correction: Type.Optional(
      Type.Enum(['none', 'benjamini-hochberg'], {
        default: 'none',
        description: 'of the p-values of many features at once',
      }),
    ),
    share: Share('dataset drift: from this share of drifted features on'),
    multivariate: Type.Optional(
      Type.Enum(['pca'], { description: 'pca: how badly the components of the reference tell the rows' }),
    ),
  },
  CLOSED,
);

const QualityOptions = Type.Object(
  {
    missing: Share('an alert when so much more is missing than in the reference'),
    unseen: Share(
      'an alert when this share of values was never in the reference, for features of few values',
    ),
    range: Share('an alert when this share lies outside the range of the reference'),
    duplicates: Share('an alert when this share of the rows was there before'),
    freshness: Type.Optional(Duration('an alert when no event came for so long, by the clock')),
  },
  CLOSED,
);

const PerformanceOptions = Type.Object(
  {
    metric: Type.Enum([...METRICS]),
    estimate: Type.Optional(
      Type.Enum(['cbpe', 'dle'], {
        description: 'before labels come; cbpe for binary models, dle for regressions',
      }),
    ),
    threshold: Type.Optional(
      Type.Union(
        [
          Type.Literal('auto'),
          Type.Object({ min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) }, CLOSED),
        ],
        {
          description:
            'what the metric is held against; auto: three deviations below its mean on chunks of the hold-out. Without it the gates that the version passed',
        },
      ),
    ),
    detect: Type.Optional(
      Type.Array(Type.Enum([...DETECTOR_NAMES]), {
        minItems: 1,
        description: 'detectors that watch the error of each labelled prediction',
      }),
    ),
  },
  CLOSED,
);

const TargetOptions = Type.Object(
  {
    webhook: Type.Optional(Type.String({ minLength: 1, description: 'a URL' })),
    secret: Type.Optional(
      Type.String({
        pattern: '^[A-Z_][A-Z0-9_]{0,99}$',
        title: 'the name of an environment variable of monitoring',
        description: 'webhook: the environment variable that holds the key of its signature',
      }),
    ),
    alertmanager: Type.Optional(Type.String({ minLength: 1, description: 'the URL of an Alertmanager' })),
    slack: Type.Optional(Type.String({ minLength: 1, description: 'an incoming webhook' })),
    email: Type.Optional(
      Type.Array(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', title: 'an address' }), { minItems: 1 }),
    ),
  },
  CLOSED,
);

const AlertOptions = Type.Object(
  {
    to: Type.Array(TargetOptions, { minItems: 1, description: 'to whom alerts are sent' }),
    group: Type.Optional(
      Type.Enum(['deployment', 'none'], { default: 'deployment', description: 'what goes in one message' }),
    ),
    wait: Type.Optional(Duration('how long alerts of a group are gathered', '10s')),
    repeat: Type.Optional(Duration('an alert that is still open is sent again after so long', '4h')),
  },
  CLOSED,
);

/** What a user writes below `spec` of a Monitor. */
export const MonitorOptions = Type.Object(
  {
    deployment: DefinitionName('the deployment that is watched'),
    window: Type.Optional(
      Type.Union(
        [
          Duration('one report for each window of event time', '1d'),
          Type.Object(
            { rows: Type.Integer({ minimum: 1, description: 'one report for so many predictions' }) },
            CLOSED,
          ),
        ],
        { description: 'by time, or by count' },
      ),
    ),
    reference: Type.Optional(
      Type.Union(
        [
          Type.Literal('training'),
          Type.Object(
            {
              windows: Type.Integer({ minimum: 1, maximum: 366, description: 'so many windows together' }),
              back: Type.Optional(
                Type.Integer({
                  minimum: 0,
                  maximum: 366,
                  default: 0,
                  description: 'so many windows between them and the one that is judged',
                }),
              ),
            },
            CLOSED,
          ),
        ],
        {
          description: 'what windows are compared with: the profile of the training rows, or earlier windows',
        },
      ),
    ),
    drift: Type.Optional(DriftOptions),
    quality: Type.Optional(QualityOptions),
    performance: Type.Optional(PerformanceOptions),
    slices: Type.Optional(Type.Array(Identifier('a feature, or a field of the trigger'), { minItems: 1 })),
    fairness: Type.Optional(
      Type.Array(
        Type.Object(
          {
            group: Identifier('a feature, or a field of the trigger'),
            metric: Type.Enum([...FAIRNESS_METRICS]),
            min: Type.Optional(Type.Number()),
            max: Type.Optional(Type.Number()),
          },
          CLOSED,
        ),
        { minItems: 1 },
      ),
    ),
    alert: Type.Optional(AlertOptions),
  },
  CLOSED,
);
export type MonitorOptions = Static<typeof MonitorOptions>;

type Target = Static<typeof TargetOptions>;

/** A monitor with defaults applied. What was not written is absent, so that a definition of before keeps its digest. */
export interface MonitorSpec {
  readonly deployment: string;
  readonly window: string | { readonly rows: number };
  readonly reference?: { readonly windows: number; readonly back: number };
  readonly drift: {
    readonly features: 'auto' | readonly string[];
    readonly statistic?: 'auto' | DriftStatisticName;
    /** Absent: each statistic's own, where several are used. */
    readonly threshold?: number | 'auto';
    readonly correction?: 'benjamini-hochberg';
    readonly share?: number;
    readonly multivariate?: 'pca';
  };
  readonly quality?: NonNullable<MonitorOptions['quality']>;
  readonly performance?: {
    readonly metric: MetricName;
    readonly estimate?: 'cbpe' | 'dle';
    readonly threshold?: 'auto' | { readonly min?: number; readonly max?: number };
    readonly detect?: readonly DetectorName[];
  };
  readonly slices?: readonly string[];
  readonly fairness?: NonNullable<MonitorOptions['fairness']>;
  readonly alert?: {
    readonly to: readonly Target[];
    readonly group: 'deployment' | 'none';
    readonly wait: string;
    readonly repeat: string;
  };
}

/** The threshold of a statistic where none is written: PSI's is the custom of credit scoring, the others are Evidently's. */
export const defaultDriftThreshold = (statistic: DriftStatisticName): number => {
  if (statistic === 'psi') return 0.2;
  return DRIFT_TESTS.includes(statistic) ? 0.05 : 0.1;
};

export const monitorSpec = ({
  deployment,
  window = '1d',
  reference,
  drift = {},
  quality,
  performance,
  slices,
  fairness,
  alert,
}: MonitorOptions): MonitorSpec => ({
  deployment,
  window: typeof window === 'string' ? durationText(window) : window,
  ...(typeof reference === 'object' && { reference: { back: 0, ...reference } }),
  drift: driftSpec(drift),
  ...(quality && { quality: qualitySpec(quality) }),
  ...(performance && { performance }),
  ...(slices && { slices }),
  ...(fairness && { fairness }),
  ...(alert && { alert: alertSpec(alert) }),
});

const driftSpec = ({
  features = 'auto',
  statistic = 'psi',
  threshold,
  correction,
  share,
  multivariate,
}: NonNullable<MonitorOptions['drift']>): MonitorSpec['drift'] => ({
  features,
  ...(statistic !== 'psi' && { statistic }),
  ...(threshold !== undefined
    ? { threshold }
    : statistic !== 'auto' && { threshold: defaultDriftThreshold(statistic) }),
  ...(correction === 'benjamini-hochberg' && { correction }),
  ...(share !== undefined && { share }),
  ...(multivariate && { multivariate }),
});

const qualitySpec = ({ freshness, ...shares }: NonNullable<MonitorOptions['quality']>) => ({
  ...shares,
  ...(freshness !== undefined && { freshness: durationText(freshness) }),
});

const alertSpec = ({
  to,
  group = 'deployment',
  wait = '10s',
  repeat = '4h',
}: NonNullable<MonitorOptions['alert']>): NonNullable<MonitorSpec['alert']> => ({
  to,
  group,
  wait: durationText(wait),
  repeat: durationText(repeat),
});

const CHANNELS = ['webhook', 'alertmanager', 'slack', 'email'] as const;

/** What does not go together in a monitor, whatever its model is. */
export const monitorConflicts = ({
  drift,
  performance,
  fairness = [],
  alert,
}: Pick<MonitorSpec, 'drift' | 'performance' | 'fairness' | 'alert'>): {
  path: readonly (string | number)[];
  message: string;
}[] => {
  const faults: { path: readonly (string | number)[]; message: string }[] = [];
  const { statistic = 'psi', correction, threshold } = drift;
  if (correction === 'benjamini-hochberg' && !DRIFT_TESTS.includes(statistic))
    faults.push({
      path: ['drift', 'correction'],
      message: `${statistic} has no p-value to correct; write \`statistic: kolmogorov_smirnov\` or chi_square`,
    });
  if (statistic === 'auto' && typeof threshold === 'number')
    faults.push({
      path: ['drift', 'threshold'],
      message: 'one number does not fit several statistics; leave `threshold` out: each has its own',
    });
  if (DRIFT_TESTS.includes(statistic) && typeof threshold === 'number' && threshold >= 1)
    faults.push({ path: ['drift', 'threshold'], message: `a p-value is below 1, not ${threshold}` });
  const limits = performance?.threshold;
  if (typeof limits === 'object' && limits.min === undefined && limits.max === undefined)
    faults.push({ path: ['performance', 'threshold'], message: 'write `min`, `max` or both' });
  for (const [at, { min, max }] of fairness.entries())
    if (min === undefined && max === undefined)
      faults.push({ path: ['fairness', at], message: 'write `min`, `max` or both' });
  for (const [at, target] of (alert?.to ?? []).entries()) {
    const named = CHANNELS.filter((channel) => target[channel] !== undefined);
    if (named.length !== 1)
      faults.push({
        path: ['alert', 'to', at],
        message: `a target is one of ${CHANNELS.join(', ')}${named.length === 0 ? '' : `, not ${named.join(' and ')}`}`,
      });
    const url = target.webhook ?? target.alertmanager ?? target.slack;
    if (url !== undefined && !/^https?:\/\/[^\s/]+/u.test(url))
      faults.push({ path: ['alert', 'to', at, named[0]!], message: `${url} is no http URL` });
    if (target.secret !== undefined && target.webhook === undefined)
      faults.push({ path: ['alert', 'to', at, 'secret'], message: '`secret` belongs to a webhook' });
  }
  return faults;
};
