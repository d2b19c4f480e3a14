import {
  classColumn,
  classDecisions,
  confusionMatrix,
  predictedClasses,
  refuseClasses,
  rowLogLoss,
} from '../metrics/multiclass';
import { averagedOver } from '../metrics/ratio';
import { measureScores } from './measure-scores';
import type { Measure, WantedMetric } from './weighted-measure';
import type { Scored } from './scored';

/** Measures of a multiclass task. */
export const measureClasses = (scored: Scored, wanted: readonly WantedMetric[]): Measure => {
  const { labels, scores, outputs } = scored;
  refuseClasses(labels, scores, outputs);
  const needs = (metric: string): boolean => wanted.some((each) => each.metric === metric);
  const predicted = predictedClasses(scores, outputs);
  const losses = needs('log_loss') ? labels.map((_, row) => rowLogLoss(labels, scores, outputs, row)) : null;
  const oneVsRest = needs('roc_auc_ovr')
    ? Array.from({ length: outputs }, (_, each) =>
        measureScores(
          {
            labels: labels.map((label) => (label === each ? 1 : 0)),
            scores: classColumn(scores, outputs, each),
            outputs: 1,
          },
          [{ metric: 'roc_auc' }],
        ),
      )
    : [];
  return {
    units: labels.length,
    at: (weights) => {
      const decisions = classDecisions(confusionMatrix(labels, predicted, outputs, weights), outputs);
      let rows = 0;
      let loss = 0;
      if (losses)
        for (let row = 0; row < losses.length; row++) {
          rows += weights[row]!;
          loss += weights[row]! * losses[row]!;
        }
      const ovr = averagedOver(oneVsRest.length, (each) => {
        const auc = oneVsRest[each]!.at(weights)[0]!;
        return Number.isNaN(auc) ? null : auc;
      });
      const values: Partial<Record<string, number | null>> = {
        accuracy: decisions.accuracy,
        f1_macro: decisions.macroF1,
        f1_weighted: decisions.weightedF1,
        log_loss: rows === 0 ? null : loss / rows,
        roc_auc_ovr: ovr,
      };
      return Float64Array.from(wanted, ({ metric }) => values[metric] ?? Number.NaN);
    },
  };
};
