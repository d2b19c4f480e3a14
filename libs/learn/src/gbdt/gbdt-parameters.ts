import { CLASS_WEIGHTS } from '../class-weights';
import type { Task } from '../data-set';
import type { Parameters, ParameterSpecs } from '../parameters';

export const GBDT_PARAMETERS = {
  trees: {
    type: 'integer',
    default: 100,
    min: 1,
    max: 10000,
    meaning: 'how many trees (for each class of a multiclass task); fewer if early stopping ends the run',
    aka: [
      'n_estimators',
      'num_trees',
      'iterations',
      'num_iterations',
      'num_boost_round',
      'max_iter',
      'rounds',
    ],
  },
  depth: {
    type: 'integer',
    default: 6,
    min: 1,
    max: 16,
    meaning: 'the greatest number of splits between the root and a leaf',
    aka: ['max_depth'],
  },
  leaves: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 65536,
    meaning:
      'the greatest number of leaves of a tree, grown best split first; 0 for as many as the depth allows',
    aka: ['num_leaves', 'max_leaves', 'max_leaf_nodes'],
  },
  learning_rate: {
    type: 'number',
    default: 0.1,
    min: 0,
    aboveMin: true,
    max: 1,
    meaning: 'how much of its answer each tree may give',
    aka: ['eta', 'shrinkage', 'lr'],
  },
  l2: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e9,
    meaning: 'added to the sum of hessians of a leaf: pulls its value to 0',
    aka: ['lambda', 'reg_lambda', 'lambda_l2', 'l2_regularization'],
  },
  min_child_weight: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e15,
    meaning: 'the least sum of hessians in a leaf (rows for a regression, p(1 - p) summed for a binary task)',
    aka: ['min_sum_hessian_in_leaf', 'min_hessian'],
  },
  min_samples_leaf: {
    type: 'integer',
    default: 1,
    min: 1,
    max: 1e9,
    meaning: 'the least number of rows in a leaf',
    aka: ['min_data_in_leaf', 'min_child_samples', 'min_rows'],
  },
  subsample: {
    type: 'number',
    default: 1,
    min: 0,
    aboveMin: true,
    max: 1,
    meaning: 'the share of rows that each tree learns from, drawn anew for each',
    aka: ['bagging_fraction', 'row_fraction', 'sample_rate'],
  },
  feature_fraction: {
    type: 'number',
    default: 1,
    min: 0,
    aboveMin: true,
    max: 1,
    meaning: 'the share of features that each tree may split on, drawn anew for each, at least one',
    aka: ['colsample_bytree', 'max_features', 'column_fraction'],
  },
  max_bins: {
    type: 'integer',
    default: 255,
    min: 2,
    max: 255,
    meaning:
      'the greatest number of bins of a feature; a feature with no more distinct values than this is split exactly',
    aka: ['max_bin'],
  },
  categorical: {
    type: 'names',
    default: [],
    meaning:
      'features whose values are names, not amounts: split into two sets; a value never seen goes with the set that a split does not name',
    aka: ['categorical_feature', 'categorical_features', 'cat_features', 'enable_categorical'],
  },
  categorical_l2: {
    type: 'number',
    default: 10,
    min: 0,
    max: 1e9,
    meaning: 'added to l2 where more than four categories are parted: keeps rare ones from deciding',
    aka: ['cat_l2', 'cat_smooth'],
  },
  monotone: {
    type: 'numbers',
    of: 'features',
    default: {},
    min: -1,
    max: 1,
    meaning: 'features that answers never fall with (1), such as {"amount": 1}, or never rise with (-1)',
    aka: ['monotone_constraints', 'monotonic_cst'],
  },
  class_weights: CLASS_WEIGHTS,
  early_stopping_rounds: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10000,
    meaning:
      'stop after so many trees without a better validation loss and keep the trees up to the best; 0 for never',
    aka: ['early_stopping_round', 'n_iter_no_change', 'patience'],
  },
} as const satisfies ParameterSpecs;

/** Every reason why these parameters do not go together, or not with the task. */
export const gbdtRules = (
  task: Task,
  { monotone, categorical, class_weights: weights }: Parameters<typeof GBDT_PARAMETERS>,
): string[] => [
  ...Object.entries(monotone).flatMap(([name, direction]) => [
    ...(Number.isInteger(direction)
      ? []
      : [`parameter "monotone": "${name}" is 1, -1 or 0, not ${direction}`]),
    ...(categorical.includes(name) ? [`"${name}" is categorical and cannot be monotone`] : []),
  ]),
  ...(task === 'multiclass' && Object.keys(monotone).length > 0
    ? ['parameter "monotone" is for one answer, not for the probabilities of several classes']
    : []),
  ...(task !== 'binary' && task !== 'multiclass' && Object.keys(weights).length > 0
    ? [`parameter "class_weights" is for classes, not for ${task}`]
    : []),
];
