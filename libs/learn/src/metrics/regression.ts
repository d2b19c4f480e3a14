import { refuseUnpaired } from './threshold-counts';

/** The square root of the mean squared error, in the unit of the labels. Null when there are no rows. */
export const rootMeanSquaredError = (labels: Float64Array, predictions: Float64Array): number | null => {
  const sum = sumOver(labels, predictions, (error) => error * error);
  return labels.length === 0 ? null : Math.sqrt(sum / labels.length);
};

/** The mean absolute error, in the unit of the labels. Null when there are no rows. */
export const meanAbsoluteError = (labels: Float64Array, predictions: Float64Array): number | null => {
  const sum = sumOver(labels, predictions, Math.abs);
  return labels.length === 0 ? null : sum / labels.length;
};

/**
 * 1 - (squared error) / (squared error of always answering the mean of `labels`); equals scikit-learn's `r2_score`.
 * Null when the labels are all the same, where it has no meaning (scikit-learn answers 0 or 1).
 */
export const rSquared = (labels: Float64Array, predictions: Float64Array): number | null => {
  const residual = sumOver(labels, predictions, (error) => error * error);
  if (labels.every((label) => label === labels[0])) return null;
  const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  return 1 - residual / labels.reduce((sum, label) => sum + (label - mean) * (label - mean), 0);
};

const sumOver = (
  labels: Float64Array,
  predictions: Float64Array,
  loss: (error: number) => number,
): number => {
  refuseUnpaired(labels, predictions);
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum += loss(predictions[row]! - labels[row]!);
  return sum;
};
