import { Refused, log } from '#kernel';
import { averagedOver, ratio } from './ratio';
import { rocAuc } from './ranking';

/** Keeps a probability 2.2e-16 away from 0 and 1, as scikit-learn's `log_loss` does for doubles. */
const EPSILON = 2.220446049250313e-16;

/** The class with the greatest probability in each row of `probabilities` ([rows, classes] row after row); the lowest of equal ones. */
export const predictedClasses = (probabilities: Float64Array, classes: number): Float64Array => {
  const predicted = new Float64Array(probabilities.length / classes);
  for (let row = 0; row < predicted.length; row++) {
    let best = 0;
    for (let each = 1; each < classes; each++)
      if (probabilities[row * classes + each]! > probabilities[row * classes + best]!) best = each;
    predicted[row] = best;
  }
  return predicted;
};

/** How often each class (row) was taken for each class (column), [classes, classes] row after row. */
export const confusionMatrix = (
  labels: Float64Array,
  predicted: Float64Array,
  classes: number,
  weights?: ArrayLike<number>,
): Float64Array => {
  const counts = new Float64Array(classes * classes);
  for (let row = 0; row < labels.length; row++)
    counts[labels[row]! * classes + predicted[row]!]! += weights === undefined ? 1 : weights[row]!;
  return counts;
};

export interface ClassDecisions {
  /** Share of rows whose class is right. Null when there are no rows. */
  readonly accuracy: number | null;
  /** Mean of the F1 of each class that is a label or was predicted (`f1_score(average='macro')`). */
  readonly macroF1: number | null;
  /** The same, weighted by the rows of each class (`average='weighted'`). */
  readonly weightedF1: number | null;
}

/** What comes of deciding for a class, from a confusion matrix. */
export const classDecisions = (confusion: Float64Array, classes: number): ClassDecisions => {
  let rows = 0;
  let right = 0;
  let present = 0;
  let sum = 0;
  let weighted = 0;
  for (let each = 0; each < classes; each++) {
    let labelled = 0;
    let predicted = 0;
    for (let other = 0; other < classes; other++) {
      labelled += confusion[each * classes + other]!;
      predicted += confusion[other * classes + each]!;
    }
    const hit = confusion[each * classes + each]!;
    rows += labelled;
    right += hit;
    if (labelled + predicted === 0) continue;
    const f1 = (2 * hit) / (labelled + predicted);
    present++;
    sum += f1;
    weighted += f1 * labelled;
  }
  return { accuracy: ratio(right, rows), macroF1: ratio(sum, present), weightedF1: ratio(weighted, rows) };
};

/** The mean of -log(probability given to the true class), natural logarithm (`log_loss`). Null when there are no rows. */
export const multiclassLogLoss = (
  labels: Float64Array,
  probabilities: Float64Array,
  classes: number,
): number | null => {
  refuseClasses(labels, probabilities, classes);
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum += rowLogLoss(labels, probabilities, classes, row);
  return ratio(sum, labels.length);
};

/** What one row adds to the log loss. */
export const rowLogLoss = (
  labels: Float64Array,
  probabilities: Float64Array,
  classes: number,
  row: number,
): number => -log(Math.min(Math.max(probabilities[row * classes + labels[row]!]!, EPSILON), 1 - EPSILON));

/**
 * The mean, over the classes, of the ROC AUC of a class against the rest (Provost and Domingos, 2000, unweighted;
 * `roc_auc_score(multi_class='ovr')`). Classes of which there is no row, or no other, are left out; null when all are.
 */
export const rocAucOneVsRest = (
  labels: Float64Array,
  probabilities: Float64Array,
  classes: number,
): number | null => {
  refuseClasses(labels, probabilities, classes);
  return averagedOver(classes, (each) => {
    const scores = classColumn(probabilities, classes, each);
    return rocAuc(
      labels.map((label) => (label === each ? 1 : 0)),
      scores,
    );
  });
};

/** The probabilities of one class. */
export const classColumn = (probabilities: Float64Array, classes: number, of: number): Float64Array => {
  const column = new Float64Array(probabilities.length / classes);
  for (let row = 0; row < column.length; row++) column[row] = probabilities[row * classes + of]!;
  return column;
};

/** Labels are whole numbers below `classes`, and each has a row of probabilities. @throws Refused PLAYHEAD_LEARN_INVALID */
export const refuseClasses = (labels: Float64Array, probabilities: Float64Array, classes: number): void => {
  if (probabilities.length !== labels.length * classes) {
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `${labels.length} labels of ${classes} classes but ${probabilities.length} probabilities`,
    );
  }
  const odd = labels.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (odd >= 0)
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `the label of row ${odd} is ${labels[odd]}; the model knows the classes 0 to ${classes - 1}`,
    );
  if (probabilities.some(Number.isNaN))
    throw new Refused('PLAYHEAD_LEARN_INVALID', 'metrics need numbers; a probability is NaN');
};
