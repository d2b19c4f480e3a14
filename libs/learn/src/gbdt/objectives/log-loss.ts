import { exp, log1p } from '#kernel';
import { logit } from '../../link';
import { exactness, type LabelledRows, type Objective } from './objective';

/**
 * Log loss of a label 0 or 1. A row stands at e^-score, which a leaf multiplies by e^-value, so that a tree costs an exponential for
 * each leaf and not for each row.
 */
export const logLoss = ({ labels }: LabelledRows, weights: Float64Array): Objective => {
  const odds = new Float64Array(labels.length);
  const [ofZero, ofOne] = [weights[0]!, weights[1]!];
  const { unit, shortener } = exactness(Math.max(ofZero, ofOne), labels.length);
  return {
    metric: 'log_loss',
    outputs: 1,

    bestConstants() {
      const ones = labels.reduce((sum, label) => sum + label, 0);
      return [logit((ones * ofOne) / (ones * ofOne + (labels.length - ones) * ofZero))];
    },

    startAt: ([score]) => void odds.fill(exp(-score!)),

    gradients(_, gradients) {
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row]!;
        const weight = label === 1 ? ofOne : ofZero;
        const probability = 1 / (1 + odds[row]!);
        const hessian = weight * probability * (1 - probability) + shortener - shortener;
        gradients[2 * row] = weight * (probability - label) + shortener - shortener;
        gradients[2 * row + 1] = hessian > unit ? hessian : unit;
      }
    },

    advance(_, value, leafOf) {
      const factors = Float64Array.from(value, (v) => exp(-v));
      for (let row = 0; row < odds.length; row++) {
        const moved = odds[row]! * factors[leafOf[row]!]!;
        // Neither 0 nor infinite, so that later trees can still move it.
        odds[row] = moved < LEAST_ODDS ? LEAST_ODDS : moved > MOST_ODDS ? MOST_ODDS : moved;
      }
    },

    endRound: () => undefined,

    loss(step) {
      let sum = 0;
      let weight = 0;
      for (let row = 0; row < labels.length; row += step) {
        const isOne = labels[row] === 1;
        sum += (isOne ? ofOne : ofZero) * log1p(isOne ? odds[row]! : 1 / odds[row]!);
        weight += isOne ? ofOne : ofZero;
      }
      return sum / weight;
    },
  };
};

const LEAST_ODDS = 1e-300;
const MOST_ODDS = 1e300;
