import type { onnx } from 'onnx-proto';
import { MAX_FLOAT32 } from '../data-set';
import {
  castTo,
  doubles,
  INPUT,
  intAttribute,
  intsAttribute,
  longs,
  ML_DOMAIN,
  node,
  OUTPUTS,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
  writeModel,
} from '../onnx/model';
import { LEAST_LOG_DENSITY } from './class-gaussians';
import { Leaf } from './leaf';
import type { Begin } from './online-learner';
import { missingGoesLeft, type Split, type TreeNode } from './tree';

type Described = Pick<Begin<unknown>, 'kind' | 'task' | 'featureNames' | 'classes' | 'features'>;

const finiteInput = {
  constants: [doubles('lowest', [-MAX_FLOAT32], []), doubles('highest', [MAX_FLOAT32], [])],
  nodes: [
    node('IsNaN', [INPUT], 'missing'),
    castTo('DOUBLE', INPUT, 'input_double'),
    node('Clip', ['input_double', 'lowest', 'highest'], 'finite'),
  ],
};

/** The output of the task from `probabilities_double` [rows, classes]: all of them, or that of the class 1. */
const answerNodes = ({ task }: Described): onnx.INodeProto[] => [
  ...(task === 'binary'
    ? [node('Gather', ['probabilities_double', 'one'], 'answer', [intAttribute('axis', 1)])]
    : []),
  castTo('FLOAT', task === 'binary' ? 'answer' : 'probabilities_double', OUTPUTS[task]),
];

const modelOf = (
  settings: Described,
  constants: onnx.ITensorProto[],
  nodes: onnx.INodeProto[],
): Uint8Array => {
  const { kind, task, featureNames, classes } = settings;
  const asksForOne = nodes.some(({ input }) => input?.includes('one'));
  return writeModel({
    trainer: kind,
    task,
    featureNames,
    outputs: task === 'binary' ? 1 : classes,
    constants: [...finiteInput.constants, ...(asksForOne ? [longs('one', [1])] : []), ...constants],
    nodes: [...finiteInput.nodes, ...nodes],
  });
};

export interface SoftmaxContent {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** [margins, features] row after row. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  readonly margins: number;
  readonly features: number;
}

/** Imputation, standardisation, product, and a sigmoid of the one margin or a softmax of all; in double. */
export const softmaxModel = (settings: Described, content: SoftmaxContent): Uint8Array => {
  const { mean, scale, coefficients, intercepts, margins, features } = content;
  const transposed = Float64Array.from(
    coefficients,
    (_, at) => coefficients[(at % margins) * features + Math.floor(at / margins)]!,
  );
  return modelOf(
    settings,
    [
      doubles('mean', mean, [1, features]),
      doubles('scale', scale, [1, features]),
      doubles('coefficients', transposed, [features, margins]),
      doubles('intercepts', intercepts, [1, margins]),
    ],
    [
      node('Where', ['missing', 'mean', 'finite'], 'imputed'),
      node('Sub', ['imputed', 'mean'], 'centred'),
      node('Mul', ['centred', 'scale'], 'standardised'),
      node('MatMul', ['standardised', 'coefficients'], 'product'),
      node('Add', ['product', 'intercepts'], 'score'),
      ...(margins === 1
        ? [node('Sigmoid', ['score'], 'answer'), castTo('FLOAT', 'answer', OUTPUTS[settings.task])]
        : [
            node('Softmax', ['score'], 'probabilities_double', [intAttribute('axis', 1)]),
            ...answerNodes(settings),
          ]),
    ],
  );
};

export interface Voter {
  readonly root: TreeNode;
  readonly vote: number;
}

/**
 * Trees with naive Bayes in their leaves, without any approximation: a TreeEnsembleRegressor says for each row the leaf that it falls into, in each
 * tree; the Gaussians of those leaves are gathered from tables and give the log posterior, and a softmax of it the probabilities that
 * are averaged by vote. A leaf that answers by the shares of its classes has a table of zeros beside its priors.
 */
export const voteModel = (settings: Described, voters: readonly Voter[]): Uint8Array => {
  const { classes, features } = settings;
  const flat = voters.map(({ root }) => flatten(root));
  const leaves = flat.flatMap((nodes) => nodes.flatMap(({ of }) => (of instanceof Leaf ? [of] : [])));
  const total = voters.reduce((sum, { vote }) => sum + vote, 0);
  const trees = {
    ...node('TreeEnsembleRegressor', ['input_double'], 'leaf_float', leafFinder(flat)),
    domain: ML_DOMAIN,
  };
  const table = (of: (leaf: Leaf, slot: number, k: number) => number): Float64Array => {
    const values = new Float64Array(leaves.length * classes * features);
    leaves.forEach((leaf, index) => {
      if (!leaf.asksBayes || leaf.weight === 0) return;
      leaf.watched.forEach((feature, slot) => {
        for (let k = 0; k < classes; k++)
          values[(index * classes + k) * features + feature] = of(leaf, slot, k);
      });
    });
    return values;
  };
  const tables = [leaves.length, classes, features];
  const priors = leaves.flatMap((leaf) => Array.from(leaf.weights, (_, k) => leaf.logPrior(k)));
  const gather = (name: string): onnx.INodeProto =>
    node('Gather', [name, 'leaf'], `${name}_here`, [intAttribute('axis', 0)]);
  return modelOf(
    settings,
    [
      doubles('least', [LEAST_LOG_DENSITY], []),
      doubles('nothing', [0], []),
      longs('between', [1, 2]),
      longs('last', [3]),
      longs('voters', [1]),
      doubles('prior', priors, [leaves.length, classes]),
      doubles(
        'mean',
        table((leaf, slot, k) => leaf.gaussians.mean(slot, k)),
        tables,
      ),
      doubles(
        'precision',
        table((leaf, slot, k) => leaf.gaussians.halfPrecision(slot, k)),
        tables,
      ),
      doubles(
        'constant',
        table((leaf, slot, k) => leaf.gaussians.constant(slot, k)),
        tables,
      ),
      doubles(
        'votes',
        voters.map(({ vote }) => vote / total),
        [voters.length, 1],
      ),
    ],
    [
      trees,
      castTo('INT64', 'leaf_float', 'leaf'),
      ...['prior', 'mean', 'precision', 'constant'].map(gather),
      node('Unsqueeze', ['finite', 'between'], 'value'),
      node('Unsqueeze', ['missing', 'between'], 'value_missing'),
      node('Sub', ['value', 'mean_here'], 'distance'),
      node('Mul', ['distance', 'distance'], 'square'),
      node('Mul', ['square', 'precision_here'], 'exponent'),
      node('Sub', ['constant_here', 'exponent'], 'unbounded'),
      node('Max', ['unbounded', 'least'], 'bounded'),
      node('Where', ['value_missing', 'nothing', 'bounded'], 'density'),
      node('ReduceSum', ['density', 'last'], 'likelihood', [intAttribute('keepdims', 0)]),
      node('Add', ['prior_here', 'likelihood'], 'posterior'),
      node('Softmax', ['posterior'], 'each', [intAttribute('axis', 2)]),
      node('Mul', ['each', 'votes'], 'voted'),
      node('ReduceSum', ['voted', 'voters'], 'probabilities_double', [intAttribute('keepdims', 0)]),
      ...answerNodes(settings),
    ],
  );
};

interface FlatNode {
  readonly of: TreeNode;
  /** Places in the tree; 0 for a leaf. */
  readonly left: number;
  readonly right: number;
}

/** The nodes of a tree, each before those below it. */
const flatten = (root: TreeNode): FlatNode[] => {
  const nodes: FlatNode[] = [];
  const add = (of: TreeNode): number => {
    const at = nodes.push({ of, left: 0, right: 0 }) - 1;
    if (!(of instanceof Leaf)) nodes[at] = { of, left: add(of.left), right: add(of.right) };
    return at;
  };
  add(root);
  return nodes;
};

/** Trees whose leaves answer their number, counted through all trees; each tree has an output of its own. */
const leafFinder = (trees: readonly FlatNode[][]): onnx.IAttributeProto[] => {
  const nodes = trees.flatMap((flat, tree) => flat.map((each, at) => ({ ...each, tree, at })));
  const leaves = nodes.filter(({ of }) => of instanceof Leaf);
  const ofSplit = (pick: (split: Split) => number) =>
    nodes.map(({ of }) => (of instanceof Leaf ? 0 : pick(of)));
  const tensor = (name: string, values: number[]) =>
    tensorAttribute(name, doubles(name, values, [values.length]));
  return [
    stringAttribute('aggregate_function', 'SUM'),
    intAttribute('n_targets', trees.length),
    intsAttribute(
      'nodes_falsenodeids',
      nodes.map(({ right }) => right),
    ),
    intsAttribute(
      'nodes_featureids',
      ofSplit(({ feature }) => feature),
    ),
    intsAttribute(
      'nodes_missing_value_tracks_true',
      ofSplit((split) => (missingGoesLeft(split) ? 1 : 0)),
    ),
    stringsAttribute(
      'nodes_modes',
      nodes.map(({ of }) => (of instanceof Leaf ? 'LEAF' : 'BRANCH_LEQ')),
    ),
    intsAttribute(
      'nodes_nodeids',
      nodes.map(({ at }) => at),
    ),
    intsAttribute(
      'nodes_treeids',
      nodes.map(({ tree }) => tree),
    ),
    intsAttribute(
      'nodes_truenodeids',
      nodes.map(({ left }) => left),
    ),
    tensor(
      'nodes_values_as_tensor',
      ofSplit(({ threshold }) => threshold),
    ),
    stringAttribute('post_transform', 'NONE'),
    intsAttribute(
      'target_ids',
      leaves.map(({ tree }) => tree),
    ),
    intsAttribute(
      'target_nodeids',
      leaves.map(({ at }) => at),
    ),
    intsAttribute(
      'target_treeids',
      leaves.map(({ tree }) => tree),
    ),
    tensor(
      'target_weights_as_tensor',
      leaves.map((_, index) => index),
    ),
  ];
};
