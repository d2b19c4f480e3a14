import type { onnx } from 'onnx-proto';
import type { Task } from '../data-set';
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

interface Forest {
  /** For each output; tree t belongs to the output t % base.length. */
  readonly base: readonly number[];
  readonly trees: readonly (Pick<Tree, 'column' | 'threshold' | 'left' | 'right' | 'missingLeft'> &
    Partial<Pick<Tree, 'categories'>> & { readonly value: Float32Array | Float64Array })[];
}

/**
 * `input_double` [-1, features] to `output` FP32 [-1, outputs] by a TreeEnsembleRegressor (ai.onnx.ml 3) in double: the comparisons
 * are those of float32, since inputs and thresholds are float32 values, but leaf values add up in double. So the sum does not depend
 * on batch size or threads beyond the last bit of its float32.
 */
export const sumOfTrees = (forest: Forest, output: string): onnx.INodeProto => ({
  ...node('TreeEnsembleRegressor', ['input_double'], output, treeAttributes(forest)),
  domain: ML_DOMAIN,
});

const LINKS: Readonly<Partial<Record<Task, string>>> = { binary: 'Sigmoid', multiclass: 'Softmax' };

export const treeEnsembleModel = (ensemble: Ensemble, featureNames: readonly string[]): Uint8Array => {
  const { task, base } = ensemble;
  const output = OUTPUTS[task];
  const link = LINKS[task];
  return writeModel({
    trainer: 'gbdt',
    task,
    featureNames,
    outputs: base.length,
    constants: [],
    nodes: [
      castTo('DOUBLE', INPUT, 'input_double'),
      sumOfTrees(ensemble, link === undefined ? output : 'score'),
      ...(link === undefined
        ? []
        : [
            castTo('DOUBLE', 'score', 'score_double'),
            node(link, ['score_double'], 'probability_double'),
            castTo('FLOAT', 'probability_double', output),
          ]),
    ],
  });
};

interface FlatNode {
  readonly tree: number;
  readonly node: number;
  readonly mode: 'LEAF' | 'BRANCH_LEQ' | 'BRANCH_EQ';
  readonly column: number;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  readonly missingLeft: number;
  readonly value: number;
}

/** The nodes of one tree. A set of categories becomes a chain of nodes that each ask for one, all with the same left side. */
const flatNodes = (t: Forest['trees'][number], tree: number): FlatNode[] => {
  let further = t.column.length;
  return Array.from(t.column).flatMap((column, at): FlatNode[] => {
    const categories = t.categories?.[at] ?? null;
    const common = {
      tree,
      column: Math.max(0, column),
      left: t.left[at]!,
      missingLeft: t.missingLeft[at]!,
      value: t.value[at]!,
    };
    if (categories === null) {
      const mode = column < 0 ? 'LEAF' : 'BRANCH_LEQ';
      return [{ ...common, node: at, mode, threshold: t.threshold[at]!, right: t.right[at]! }];
    }
    const numbers = Array.from(categories, (_, i) => (i === 0 ? at : further++));
    return numbers.map((number, i) => ({
      ...common,
      node: number,
      mode: 'BRANCH_EQ',
      threshold: categories[i]!,
      right: numbers[i + 1] ?? t.right[at]!,
    }));
  });
};

const treeAttributes = ({ base, trees }: Forest): onnx.IAttributeProto[] => {
  const nodes = trees.flatMap(flatNodes);
  const leaves = nodes.filter(({ mode }) => mode === 'LEAF');
  const ints = (name: string, of: readonly FlatNode[], pick: (n: FlatNode) => number) =>
    intsAttribute(name, of.map(pick));
  const numbers = (name: string, values: number[]) =>
    tensorAttribute(name, doubles(name, values, [values.length]));
  return [
    stringAttribute('aggregate_function', 'SUM'),
    numbers('base_values_as_tensor', [...base]),
    intAttribute('n_targets', base.length),
    ints('nodes_falsenodeids', nodes, (n) => n.right),
    ints('nodes_featureids', nodes, (n) => n.column),
    ints('nodes_missing_value_tracks_true', nodes, (n) => n.missingLeft),
    stringsAttribute(
      'nodes_modes',
      nodes.map((n) => n.mode),
    ),
    ints('nodes_nodeids', nodes, (n) => n.node),
    ints('nodes_treeids', nodes, (n) => n.tree),
    ints('nodes_truenodeids', nodes, (n) => n.left),
    numbers(
      'nodes_values_as_tensor',
      nodes.map((n) => n.threshold),
    ),
    stringAttribute('post_transform', 'NONE'),
    ints('target_ids', leaves, (n) => n.tree % base.length),
    ints('target_nodeids', leaves, (n) => n.node),
    ints('target_treeids', leaves, (n) => n.tree),
    numbers(
      'target_weights_as_tensor',
      leaves.map((n) => n.value),
    ),
  ];
};
