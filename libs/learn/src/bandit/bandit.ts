import { Refused, Rng } from '#kernel';
import { idFaults, KnownIds } from '../factorisation/ids';
import { standardisationOf } from '../linear/standardise';
import { banditModel } from '../onnx/bandit';
import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { contextOf, contributionsOfBandit, predictBandit, type BanditModel } from './bandit-model';
import { addRow, drawWeights, emptySums, posteriorOf } from './posterior';

export const BANDIT_PARAMETERS = {
  arm: {
    type: 'name',
    default: 'arm',
    meaning: 'the feature that says which arm was shown: whole numbers below 2^24',
    aka: ['action', 'item', 'arm_id'],
  },
  propensity: {
    type: 'name',
    default: '',
    meaning:
      'the feature with the chance that the logging policy gave to the arm that it showed, above 0 to 1; rows then count in inverse proportion to it. It is no context. None if not given: all rows count the same',
    aka: ['propensity_score', 'pscore', 'probability'],
  },
  exploration: {
    type: 'choice',
    values: ['ucb', 'thompson', 'none'],
    default: 'ucb',
    meaning:
      'ucb: the expected reward and alpha standard deviations (LinUCB); thompson: one draw for each arm from what is known of it, anew with each seed; none: the expected reward',
    aka: ['policy', 'strategy', 'algorithm'],
  },
  alpha: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e6,
    meaning: 'how much exploring counts, in units of the reward',
    aka: ['width', 'nu', 'epsilon', 'beta'],
  },
  l2: {
    type: 'number',
    default: 1,
    min: 0,
    aboveMin: true,
    max: 1e12,
    meaning:
      'weight of the squared coefficients (of standardised features) of each arm; how sure of 0 it is before the first row',
    aka: ['lambda', 'ridge', 'regularization'],
  },
  max_weight: {
    type: 'number',
    default: 20,
    min: 1,
    max: 1e6,
    meaning:
      'the most that a row may count for a small propensity; a row of a logging policy that draws evenly counts 1',
    aka: ['clip', 'clipping', 'cap'],
  },
} as const satisfies ParameterSpecs;

/** Of all arms' matrices; 32 MiB. */
const MOST_NUMBERS = 4_194_304;

/**
 * A contextual bandit with a linear model for each arm, learned from logged decisions (row: context, arm, reward as label): LinUCB with
 * disjoint models (Li, Chu, Langford and Schapire, "A contextual-bandit approach to personalized news article recommendation", 2010,
 * algorithm 1), or linear Thompson sampling (Agrawal and Goyal, 2013) with one draw for each model version. Scores a row of context and
 * arm; the arm with the greatest score is the one to show. An arm that was never seen gets what is known beforehand.
 * @throws Refused PLAYHEAD_LEARN_INVALID where arms or propensities are none.
 */
export const bandit = defineTrainer({
  kind: 'bandit',
  tasks: ['ranking', 'regression'],
  parameters: BANDIT_PARAMETERS,
  learn(fit) {
    const { columns, featureNames, parameters, labels, validation } = fit;
    fit.checkpoint();
    const column = featureNames.indexOf(parameters.arm);
    const propensity = featureNames.indexOf(parameters.propensity);
    refuse([
      ...idFaults(parameters.arm, columns[column]!),
      ...(propensity < 0 ? [] : propensityFaults(parameters.propensity, columns[propensity]!)),
      ...(propensity === column ? ['"arm" and "propensity" must be two features'] : []),
    ]);
    const arms = KnownIds.of(columns[column]!);
    const count = arms.ids.length;
    const context = featureNames.map((_, feature) => feature).filter((f) => f !== column && f !== propensity);
    const width = context.length + 1;
    if ((count + 1) * width * width > MOST_NUMBERS)
      refuse([
        `${count} arms with ${context.length} features each are too many: arms x features^2 may be ${MOST_NUMBERS}`,
      ]);
    const standardisation = standardisationOf(columns);
    const sums = Array.from({ length: count + 1 }, () => emptySums(width, parameters.l2));
    const rowsOf = new Float64Array(count + 1);
    const vector = new Float64Array(width);
    for (let row = 0; row < labels.length; row++) {
      if (row % 65_536 === 0) fit.checkpoint();
      const arm = arms.placeOf(columns[column]![row]!);
      // What is known of an unseen arm stays what it was.
      if (arm === arms.unknown) continue;
      const chance = propensity < 0 ? 1 / count : columns[propensity]![row]!;
      contextOf({ standardisation, context }, (feature) => columns[feature]![row]!, vector);
      addRow(sums[arm]!, vector, labels[row]!, Math.min(1 / (count * chance), parameters.max_weight));
      rowsOf[arm]!++;
    }
    const rng = new Rng(fit.seed);
    const posteriors = sums.map(posteriorOf);
    const weights = new Float64Array((count + 1) * width);
    const roots = new Float64Array((count + 1) * width * width);
    posteriors.forEach((posterior, arm) => {
      const thompson = parameters.exploration === 'thompson';
      weights.set(thompson ? drawWeights(posterior, parameters.alpha, rng) : posterior.weights, arm * width);
      roots.set(posterior.root, arm * width * width);
    });
    const alpha = parameters.exploration === 'ucb' ? parameters.alpha : 0;
    const model: BanditModel = {
      task: fit.task,
      features: columns.length,
      column,
      arms,
      context,
      standardisation,
      weights,
      roots,
      alpha,
    };
    const level = (arm: number): number => weights[arm * width + context.length]!;
    const total = rowsOf.reduce((sum, rows) => sum + rows, 0);
    const meanLevel = rowsOf.reduce((sum, rows, arm) => sum + (rows / total) * level(arm), 0);
    const rmse = (set: { columns: readonly Float32Array[]; labels: Float64Array }): number =>
      rmseOf({ ...model, alpha: 0 }, set.columns, set.labels);
    fit.report(() => ({
      iteration: 1,
      iterations: 1,
      metric: 'rmse',
      train: rmse(fit),
      ...(validation ? { validation: rmse(validation) } : {}),
    }));
    const magnitudes = new Float64Array(columns.length);
    for (let arm = 0; arm < count; arm++) {
      magnitudes[column]! += (rowsOf[arm]! / total) * Math.abs(level(arm) - meanLevel);
      context.forEach(
        (f, i) => (magnitudes[f]! += (rowsOf[arm]! / total) * Math.abs(weights[arm * width + i]!)),
      );
    }
    const all = magnitudes.reduce((sum, magnitude) => sum + magnitude, 0);
    return {
      importance: magnitudes.map((magnitude) => (all > 0 ? magnitude / all : 0)),
      predict: (rows) => predictBandit(model, rows),
      ...(alpha === 0 && {
        contributions: (rows: Float32Array) => contributionsOfBandit(model, meanLevel, rows),
      }),
      toOnnx: () => banditModel(model, featureNames),
    };
  },
});

const propensityFaults = (name: string, column: Float32Array): string[] => {
  const row = column.findIndex((chance) => !(chance > 0 && chance <= 1));
  return row < 0 ? [] : [`"${name}" of row ${row} is ${column[row]}; a propensity is above 0, up to 1`];
};

const refuse = (faults: readonly string[]): void => {
  if (faults.length === 0) return;
  throw new Refused('PLAYHEAD_LEARN_INVALID', `cannot train:\n  - ${faults.join('\n  - ')}`, {
    details: { faults },
  });
};

/** Of the expected reward. */
const rmseOf = (model: BanditModel, columns: readonly Float32Array[], labels: Float64Array): number => {
  const row = new Float32Array(columns.length);
  let squares = 0;
  labels.forEach((label, at) => {
    columns.forEach((column, feature) => (row[feature] = column[at]!));
    const error = predictBandit(model, row)[0]! - label;
    squares += error * error;
  });
  return Math.sqrt(squares / labels.length);
};
