import type { onnx } from 'onnx-proto';
import type { Ensemble } from '../gbdt/ensemble';
import type { Tree } from '../gbdt/tree';
import {
  castTo,
  doubles,
  INPUT,
  intAttribute,
  intsAttribute,
  ML_DOMAIN,
  node,
  OUTPUTS,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
  writeModel,
} from './model';

type Trees = Pick<Ensemble, 'base'> & {
  readonly trees: readonly Pick<Tree, 'column' | 'threshold' | 'left' | 'right' | 'missingLeft' | 'value'>[];
};

/**
 * `input_double` [-1, features] to `output` FP32 [-1, 1] by a TreeEnsembleRegressor (ai.onnx.ml 3) in double: the comparisons are
 * those of float32, since inputs and thresholds are float32 values, but leaf values add up in double. So the sum does not depend on
 * batch size or threads beyond the last bit of its float32.
 */
export const sumOfTrees = (trees: Trees, output: string): onnx.INodeProto => ({
  ...node('TreeEnsembleRegressor', ['input_double'], output, treeAttributes(trees)),
  domain: ML_DOMAIN,
});

export const treeEnsembleModel = (ensemble: Ensemble, featureNames: readonly string[]): Uint8Array => {
  const { task } = ensemble;
  const output = OUTPUTS[task];
  return writeModel({
    trainer: 'gbdt',
    task,
    featureNames,
    constants: [],
    nodes: [
      castTo('DOUBLE', INPUT, 'input_double'),
      sumOfTrees(ensemble, task === 'binary' ? 'score' : output),
      ...(task === 'binary'
        ? [
            castTo('DOUBLE', 'score', 'score_double'),
            node('Sigmoid', ['score_double'], 'probability_double'),
            castTo('FLOAT', 'probability_double', output),
          ]
        : []),
    ],
  });
};

interface FlatNode {
  readonly tree: number;
  readonly node: number;
  readonly column: number;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  readonly missingLeft: number;
  readonly value: number;
}

const treeAttributes = ({ base, trees }: Trees): onnx.IAttributeProto[] => {
  const nodes: FlatNode[] = trees.flatMap((t, tree) =>
    Array.from(t.column, (column, at) => ({
      tree,
      node: at,
      column,
      threshold: t.threshold[at]!,
      left: t.left[at]!,
      right: t.right[at]!,
      missingLeft: t.missingLeft[at]!,
      value: t.value[at]!,
    })),
  );
  const leaves = nodes.filter(isLeaf);
  const ints = (name: string, of: readonly FlatNode[], pick: (n: FlatNode) => number) =>
    intsAttribute(name, of.map(pick));
  const numbers = (name: string, values: number[]) =>
    tensorAttribute(name, doubles(name, values, [values.length]));
  return [
    stringAttribute('aggregate_function', 'SUM'),
    numbers('base_values_as_tensor', [base]),
    intAttribute('n_targets', 1),
    ints('nodes_falsenodeids', nodes, (n) => n.right),
    ints('nodes_featureids', nodes, (n) => Math.max(0, n.column)),
    ints('nodes_missing_value_tracks_true', nodes, (n) => n.missingLeft),
    stringsAttribute(
      'nodes_modes',
      nodes.map((n) => (isLeaf(n) ? 'LEAF' : 'BRANCH_LEQ')),
    ),
    ints('nodes_nodeids', nodes, (n) => n.node),
    ints('nodes_treeids', nodes, (n) => n.tree),
    ints('nodes_truenodeids', nodes, (n) => n.left),
    numbers(
      'nodes_values_as_tensor',
      nodes.map((n) => n.threshold),
    ),
    stringAttribute('post_transform', 'NONE'),
    ints('target_ids', leaves, () => 0),
    ints('target_nodeids', leaves, (n) => n.node),
    ints('target_treeids', leaves, (n) => n.tree),
    numbers(
      'target_weights_as_tensor',
      leaves.map((n) => n.value),
    ),
  ];
};

const isLeaf = (node: FlatNode): boolean => node.column < 0;
