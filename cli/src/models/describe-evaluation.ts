import { aModel, type EvaluationReport, type FoldsReport, type MetricNumbers } from '#fit';
import { plural, printable, shortNumber, table } from '../view/text';

const MOST_SLICES = 20;

/** An evaluation report as tables for a terminal: metrics first, then each part that there is. */
export const describeEvaluation = (reference: string, report: EvaluationReport): string =>
  [
    `${reference}: ${aModel(report.task)}, judged by ${plural(report.rows.holdout.rows, 'row')} of the hold-out, learned from ${report.rows.train.rows}`,
    metricsTable(report),
    ...slicesTables(report),
    ...fairnessTables(report),
    ...decisionsTable(report),
    ...(report.calibration
      ? [`calibration error: ${shortNumber(report.calibration.equal_count.error)} (10 bins of equal count)`]
      : []),
    ...foldsTable('cross-validation', report.folds),
    ...foldsTable('backtest', report.backtest),
    ...importanceTable(report),
  ].join('\n\n');

const metricsTable = ({ metrics, intervals }: EvaluationReport): string =>
  table(
    ['metric', 'hold-out', ...(intervals ? [`${100 * intervals.confidence} % interval`] : []), 'train'],
    Object.entries(metrics.holdout).map(([name, value]) => {
      const interval = intervals?.holdout[name];
      return [
        name,
        shortNumber(value),
        ...(intervals
          ? [interval ? `${shortNumber(interval.low)} to ${shortNumber(interval.high)}` : '-']
          : []),
        shortNumber(metrics.train[name]),
      ];
    }),
  );

const SHOWN = [
  'average_precision',
  'roc_auc',
  'log_loss',
  'accuracy',
  'f1_macro',
  'rmse',
  'mae',
  'ndcg',
  'mrr',
];
const shownOf = (metrics: MetricNumbers | undefined): string[] =>
  SHOWN.filter((name) => metrics && name in metrics).slice(0, 3);

const slicesTables = ({ slices, metrics }: EvaluationReport): string[] =>
  slices.map(({ field, slices: values, small, min_rows, not_shown }) => {
    const shown = shownOf(metrics.holdout);
    const hidden = not_shown + Math.max(0, values.length - MOST_SLICES);
    const rest = [
      ...(hidden > 0 ? [`${hidden} more`] : []),
      ...(small.values > 0 ? [`${plural(small.values, 'value')} below ${min_rows} rows`] : []),
    ];
    return [
      `by ${printable(field)}${rest.length > 0 ? ` (${rest.join(', ')})` : ''}`,
      table(
        ['value', 'rows', 'label', ...shown],
        values
          .slice(0, MOST_SLICES)
          .map((slice) => [
            slice.value,
            slice.rows,
            shortNumber(slice.label_mean),
            ...shown.map((name) => shortNumber(slice.metrics[name])),
          ]),
      ),
    ].join('\n');
  });

const fairnessTables = ({ fairness }: EvaluationReport): string[] =>
  fairness.map((report) =>
    [
      `fairness by ${printable(report.field)} at ${report.threshold}: demographic parity ${shortNumber(report.demographic_parity?.value)}, disparate impact ${shortNumber(report.disparate_impact?.value)}, equal opportunity ${shortNumber(report.equal_opportunity?.value)}`,
      table(
        ['value', 'rows', 'selected', 'true positive rate', 'false positive rate'],
        report.groups
          .slice(0, MOST_SLICES)
          .map((group) => [
            group.value,
            group.rows,
            shortNumber(group.selection_rate),
            shortNumber(group.true_positive_rate),
            shortNumber(group.false_positive_rate),
          ]),
      ),
    ].join('\n'),
  );

const decisionsTable = ({ decisions, costs }: EvaluationReport): string[] =>
  decisions
    ? [
        [
          table(
            ['threshold', 'true +', 'false +', 'false -', 'true -', 'precision', 'recall', 'f1'],
            decisions.map((at) => [
              shortNumber(at.threshold),
              at.true_positives,
              at.false_positives,
              at.false_negatives,
              at.true_negatives,
              shortNumber(at.precision),
              shortNumber(at.recall),
              shortNumber(at.f1),
            ]),
          ),
          ...(costs
            ? [
                costs.threshold === null
                  ? 'deciding nothing positive costs least'
                  : `least cost at ${shortNumber(costs.threshold)}: ${shortNumber(costs.cost)} a row`,
              ]
            : []),
        ].join('\n'),
      ]
    : [];

const foldsTable = (name: string, report: FoldsReport | undefined): string[] => {
  if (!report) return [];
  const shown = shownOf(report.mean);
  return [
    [
      `${name} (by ${report.by}${report.folds.length < report.asked ? `; ${report.asked - report.folds.length} of ${report.asked} have no rows on a side` : ''})`,
      table(
        ['fold', 'learned from', 'judged by', ...shown],
        [
          ...report.folds.map((fold, index) => [
            fold.after === undefined ? index + 1 : `after ${fold.after}`,
            fold.train,
            fold.test,
            ...shown.map((metric) => (fold.refused ? 'no model' : shortNumber(fold.metrics[metric]))),
          ]),
          ['mean', '', '', ...shown.map((metric) => shortNumber(report.mean[metric]))],
        ],
      ),
    ].join('\n'),
  ];
};

const importanceTable = ({ importance }: EvaluationReport): string[] => {
  const { learned, permutation, contributions } = importance;
  const features = learned ?? permutation?.features;
  if (!features) return [];
  return [
    table(
      ['feature', 'share', permutation ? `loss of ${permutation.metric}` : 'loss', 'mean contribution'],
      features.map(({ feature }, index) => [
        feature,
        shortNumber(learned?.[index]?.share),
        shortNumber(permutation?.features[index]?.drop),
        shortNumber(contributions?.features[index]?.mean),
      ]),
    ),
  ];
};
