import type { AlertKind } from '#contracts';
import type { Judging } from '../watch';
import { MIN_ROWS, type Report } from './report';

/** A share of missing values so much above that of the reference is an alert where the monitor says nothing else. */
export const MISSING_MARGIN = 0.1;

/** What a report says about one thing that is watched. */
export interface Verdict {
  readonly kind: AlertKind;
  readonly subject: string;
  /** What the value is. */
  readonly statistic: string;
  readonly value: number | null;
  readonly limit: number;
  readonly rows: number;
  readonly isOver: boolean;
  /** How likely it hurts, 0 to 1; null where nobody knows. */
  readonly effect: number | null;
  readonly slice?: { readonly field: string; readonly value: string };
  readonly message: string;
}

type Column = Report['drift']['features'][number];
type Gate = NonNullable<Report['performance']>['gates'][number];

/** Only what there is enough to judge by. */
export const verdictsOf = (report: Report, monitor: Judging | undefined): Verdict[] => [
  ...driftVerdicts(report),
  ...multivariateVerdicts(report),
  ...qualityVerdicts(report, monitor?.quality),
  ...performanceVerdicts(report),
  ...sliceVerdicts(report),
  ...fairnessVerdicts(report),
];

const NAMES: Readonly<Record<string, string>> = {
  psi: 'PSI',
  jensen_shannon: 'Jensen-Shannon distance',
  kl: 'KL divergence',
  hellinger: 'Hellinger distance',
  wasserstein: 'Wasserstein distance',
  kolmogorov_smirnov: 'Kolmogorov-Smirnov',
  chi_square: 'chi-square',
  z_test: 'Z-test',
};

const driftVerdicts = ({ drift, score, predictions: rows }: Report): Verdict[] => {
  const verdict = (
    kind: AlertKind,
    subject: string,
    name: string,
    { statistic = 'psi', value = null, threshold = null, drifted, effect = null }: Omit<Column, 'name'>,
  ): Verdict[] => {
    if (value === null || threshold === null || drifted === null) return [];
    const figures = `${NAMES[statistic] ?? statistic} ${short(value)}, the limit is ${short(threshold)}`;
    const message = drifted
      ? `${name} has drifted: ${figures}`
      : `${name} is as in the reference again: ${figures}`;
    return [{ kind, subject, statistic, value, limit: threshold, rows, isOver: drifted, effect, message }];
  };
  return [
    ...drift.features.flatMap((column) => verdict('feature-drift', column.name, column.name, column)),
    ...(score ? verdict('score-drift', 'score', 'the score', { ...score, effect: 1 }) : []),
  ];
};

const multivariateVerdicts = ({ drift: { dataset, multivariate }, predictions: rows }: Report): Verdict[] => {
  const verdicts: Verdict[] = [];
  if (dataset && dataset.share !== null && dataset.drifted !== null) {
    const figures = `${percent(dataset.share)} of the features have, the limit is ${percent(dataset.limit)}`;
    verdicts.push({
      kind: 'dataset-drift',
      subject: 'data',
      statistic: 'share of drifted features',
      value: dataset.share,
      limit: dataset.limit,
      rows,
      isOver: dataset.drifted,
      effect: dataset.share,
      message: dataset.drifted
        ? `the data have drifted: ${figures}`
        : `the data are as in the reference again: ${figures}`,
    });
  }
  const { error = null, min = 0, max = 0, drifted = null } = multivariate ?? {};
  if (error !== null && drifted !== null) {
    const figures = `the reconstruction error is ${short(error)}, usual are ${short(min)} to ${short(max)}`;
    verdicts.push({
      kind: 'multivariate-drift',
      subject: 'data',
      statistic: 'reconstruction error',
      value: error,
      limit: error < min ? min : max,
      rows,
      isOver: drifted,
      effect: null,
      message: drifted
        ? `features do not go together as in the reference: ${figures}`
        : `features go together as in the reference again: ${figures}`,
    });
  }
  return verdicts;
};

const qualityVerdicts = (
  { drift, duplicates, predictions: rows }: Report,
  quality: Judging['quality'],
): Verdict[] => {
  if (rows < MIN_ROWS) return [];
  const verdicts = drift.features.flatMap((column) => [
    ...missingVerdict(column, rows, quality?.missing ?? MISSING_MARGIN),
    ...outsideVerdict('unseen-values', column, column.unseen, column.unseen_reference, rows, quality?.unseen),
    ...outsideVerdict(
      'out-of-range',
      column,
      column.out_of_range,
      column.out_of_range_reference,
      rows,
      quality?.range,
    ),
  ]);
  const share = duplicates?.share ?? null;
  const limit = quality?.duplicates;
  if (share === null || limit === undefined) return verdicts;
  const isOver = share >= limit;
  const figures = `${percent(share)} of the rows have an entity and a moment that were there before, the limit is ${percent(limit)}`;
  const message = isOver ? `rows come twice: ${figures}` : `rows come once again: ${figures}`;
  return [
    ...verdicts,
    {
      kind: 'duplicates',
      subject: 'data',
      statistic: 'duplicates',
      value: share,
      limit,
      rows,
      isOver,
      effect: null,
      message,
    },
  ];
};

const missingVerdict = (
  { name, missing, missing_reference, importance }: Column,
  rows: number,
  margin: number,
): Verdict[] => {
  if (missing === null) return [];
  const usual = missing_reference ?? 0;
  const limit = usual + margin;
  const isOver = missing >= limit;
  const shares = `${percent(missing)} of the rows have none, in the reference ${percent(usual)}`;
  const message = isOver ? `${name} is missing: ${shares}` : `${name} is there again: ${shares}`;
  const effect = effectOfShare(importance, missing - usual);
  return [
    {
      kind: 'missing-values',
      subject: name,
      statistic: 'missing',
      value: missing,
      limit,
      rows,
      isOver,
      effect,
      message,
    },
  ];
};

const outsideVerdict = (
  kind: 'unseen-values' | 'out-of-range',
  { name, importance }: Column,
  share: number | null | undefined,
  usual: number | null | undefined,
  rows: number,
  margin: number | undefined,
): Verdict[] => {
  if (share === null || share === undefined || margin === undefined) return [];
  const limit = (usual ?? 0) + margin;
  const isOver = share >= limit;
  const what =
    kind === 'unseen-values'
      ? 'are not among the values of the training rows'
      : 'lie outside the range of the training rows';
  const figures = `${percent(share)} of the values ${what}, the limit is ${percent(limit)}`;
  const message = isOver ? `${name} is not as it was: ${figures}` : `${name} is as it was again: ${figures}`;
  const statistic = kind === 'unseen-values' ? 'unseen' : 'out of range';
  return [
    {
      kind,
      subject: name,
      statistic,
      value: share,
      limit,
      rows,
      isOver,
      effect: effectOfShare(importance, share),
      message,
    },
  ];
};

/** A share of rows that are wrong, times what the model owes to the feature. */
const effectOfShare = (importance: number | null | undefined, share: number): number | null =>
  importance === null || importance === undefined ? null : Math.max(0, share) * importance;

/** The bound that a value broke; where it broke none, the one there is. */
const boundOf = ({ min, max, value }: Pick<Gate, 'min' | 'max' | 'value'>): number =>
  (min !== undefined && value !== null && value < min ? min : (max ?? min)) ?? 0;

const performanceVerdicts = ({ performance, estimate, version }: Report): Verdict[] => [
  ...(performance && performance.rows >= MIN_ROWS
    ? performance.gates.flatMap((gate) => gateVerdict('performance', gate, performance.rows, version))
    : []),
  ...(estimate && estimate.rows >= MIN_ROWS
    ? estimate.gates.flatMap((gate) => gateVerdict('estimated-performance', gate, estimate.rows, version))
    : []),
];

const gateVerdict = (
  kind: 'performance' | 'estimated-performance',
  gate: Gate,
  rows: number,
  version: number,
): Verdict[] => {
  const { metric, value, passed } = gate;
  if (value === null) return [];
  const limit = boundOf(gate);
  const figures = `${short(value)}, the gate is ${short(limit)}`;
  const what = kind === 'performance' ? metric : `the ${metric} to be expected`;
  const message = passed
    ? `${what} of version ${version} keeps its gate again: ${figures}`
    : `${what} of version ${version} does not keep its gate any more: ${figures}`;
  const statistic = kind === 'performance' ? metric : `${metric}, estimated`;
  return [{ kind, subject: metric, statistic, value, limit, rows, isOver: !passed, effect: 1, message }];
};

const sliceVerdicts = ({ slices = [], predictions }: Report): Verdict[] =>
  slices.flatMap(({ field, values }) =>
    values.flatMap(({ value: name, rows, predictions: its, gates }) =>
      rows < MIN_ROWS
        ? []
        : gates.flatMap((gate): Verdict[] => {
            const { metric, value, passed } = gate;
            if (value === null) return [];
            const limit = boundOf(gate);
            const where = `where ${field} is ${name}`;
            const figures = `${short(value)}, the limit is ${short(limit)}`;
            return [
              {
                kind: 'slice-performance',
                subject: metric,
                statistic: metric,
                value,
                limit,
                rows,
                isOver: !passed,
                effect: predictions === 0 ? null : Math.min(1, its / predictions),
                slice: { field, value: name },
                message: passed
                  ? `${metric} ${where} keeps its limit again: ${figures}`
                  : `${metric} ${where} does not keep its limit: ${figures}`,
              },
            ];
          }),
    ),
  );

const fairnessVerdicts = ({ fairness = [] }: Report): Verdict[] =>
  fairness.flatMap(({ group, metric, min, max, value, between = [], rows, passed }) => {
    if (value === null || passed === null) return [];
    const limit = boundOf({ min, max, value });
    const figures = `${short(value)} between ${between.join(' and ')}, the limit is ${short(limit)}`;
    return [
      {
        kind: 'fairness' as const,
        subject: metric,
        statistic: metric,
        value,
        limit,
        rows,
        isOver: !passed,
        effect: null,
        slice: { field: group, value: between.join(', ') },
        message: passed
          ? `groups by ${group} are treated alike again: ${metric} ${figures}`
          : `groups by ${group} are not treated alike: ${metric} ${figures}`,
      },
    ];
  });

export const short = (value: number): string => String(Number(value.toPrecision(3)));
export const percent = (share: number): string => `${short(share * 100)} %`;
