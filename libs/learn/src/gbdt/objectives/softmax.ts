import { exp, log } from '#kernel';
import { exactness, type LabelledRows, type Objective } from './objective';

/**
 * Log loss of one of several classes, a score for each (Friedman, "Greedy function approximation", 2001, algorithm 6; the hessian
 * p(1 - p) K / (K - 1) as in LightGBM). A row stands at its probabilities: a leaf multiplies that of its class by e^value, and
 * at the end of a round they are made to sum to 1 again.
 */
export const softmax = ({ labels }: LabelledRows, weights: Float64Array): Objective => {
  const classes = weights.length;
  const probabilities = Array.from({ length: classes }, () => new Float64Array(labels.length));
  const steepness = classes / (classes - 1);
  const heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const { unit, shortener } = exactness(heaviest, labels.length);
  const normalise = (): void => {
    for (let row = 0; row < labels.length; row++) {
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += probabilities[c]![row]!;
      for (let c = 0; c < classes; c++) {
        const probability = probabilities[c]![row]! / sum;
        // Not 0, so that later trees can still move it.
        probabilities[c]![row] = probability > LEAST ? probability : LEAST;
      }
    }
  };
  return {
    metric: 'log_loss',
    outputs: classes,

    bestConstants() {
      const mass = new Float64Array(classes);
      for (const label of labels) mass[label]! += weights[label]!;
      const total = mass.reduce((sum, each) => sum + each, 0);
      // A class that no row has keeps a score that a float32 can hold.
      return Array.from(mass, (each) => log(Math.max(each / total, LEAST)));
    },

    startAt(constants) {
      constants.forEach((score, c) => probabilities[c]!.fill(exp(score)));
      normalise();
    },

    gradients(output, gradients) {
      const own = probabilities[output]!;
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row]!;
        const weight = weights[label]!;
        const probability = own[row]!;
        const hessian = weight * steepness * probability * (1 - probability) + shortener - shortener;
        gradients[2 * row] = weight * (probability - (label === output ? 1 : 0)) + shortener - shortener;
        gradients[2 * row + 1] = hessian > unit ? hessian : unit;
      }
    },

    advance(output, value, leafOf) {
      const own = probabilities[output]!;
      const factors = Float64Array.from(value, (v) => exp(v));
      for (let row = 0; row < own.length; row++) {
        const moved = own[row]! * factors[leafOf[row]!]!;
        own[row] = moved < MOST ? moved : MOST;
      }
    },

    endRound: normalise,

    loss(step) {
      let sum = 0;
      let mass = 0;
      for (let row = 0; row < labels.length; row += step) {
        const label = labels[row]!;
        sum -= weights[label]! * log(probabilities[label]![row]!);
        mass += weights[label]!;
      }
      return sum / mass;
    },
  };
};

const LEAST = 1e-30;
const MOST = 1e270;
