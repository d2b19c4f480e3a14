import { exactness, type LabelledRows, type Objective } from './objective';

/** Half the squared error; a row stands at its score. */
export const squaredError = ({ labels }: LabelledRows): Objective => {
  const scores = new Float64Array(labels.length);
  return {
    metric: 'rmse',
    outputs: 1,
    bestConstants: () => [labels.reduce((sum, label) => sum + label / labels.length, 0)],
    startAt: ([score]) => void scores.fill(score!),

    gradients(_, gradients) {
      let largest = 0;
      for (let row = 0; row < labels.length; row++)
        largest = Math.max(largest, Math.abs(scores[row]! - labels[row]!));
      const { shortener } = exactness(largest, labels.length);
      for (let row = 0; row < labels.length; row++) {
        gradients[2 * row] = scores[row]! - labels[row]! + shortener - shortener;
        gradients[2 * row + 1] = 1;
      }
    },

    advance(_, value, leafOf) {
      for (let row = 0; row < scores.length; row++) scores[row]! += value[leafOf[row]!]!;
    },

    endRound: () => undefined,

    loss(step) {
      let sum = 0;
      let rows = 0;
      for (let row = 0; row < labels.length; row += step) {
        sum += (scores[row]! - labels[row]!) * (scores[row]! - labels[row]!);
        rows++;
      }
      return Math.sqrt(sum / rows);
    },
  };
};
