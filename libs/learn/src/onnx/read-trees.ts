import type { onnx } from 'onnx-proto';
import { Refused } from '#kernel';
import type { Tree } from '../gbdt/tree';
import { attributesOf } from './read-model';

/** What `treeAttributes` wrote: the base and the trees of a TreeEnsembleRegressor. */
export interface ReadForest {
  readonly base: readonly number[];
  readonly trees: readonly Tree[];
}

/**
 * The trees of an ensemble as this project writes it. `covers` are the rows that reached each node, tree by tree: the file has no place for them;
 * as many as a tree has nodes of its own, so that the chain which a set of categories became is put together again.
 * @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID where the covers are not of these trees.
 */
export const readForest = (ensemble: onnx.INodeProto, covers: readonly (readonly number[])[]): ReadForest => {
  const { ints, texts, doubles } = attributesOf(ensemble);
  const [treeIds, nodeIds, columns] = [
    ints('nodes_treeids'),
    ints('nodes_nodeids'),
    ints('nodes_featureids'),
  ];
  const [lefts, rights, missing] = [
    ints('nodes_truenodeids'),
    ints('nodes_falsenodeids'),
    ints('nodes_missing_value_tracks_true'),
  ];
  const modes = texts('nodes_modes');
  const thresholds = doubles('nodes_values_as_tensor');
  const leaves = new Map<string, number>();
  const [leafTrees, leafNodes, weights] = [
    ints('target_treeids'),
    ints('target_nodeids'),
    doubles('target_weights_as_tensor'),
  ];
  leafTrees.forEach((tree, i) => leaves.set(`${tree}/${leafNodes[i]}`, weights[i]!));

  const flat: FlatNode[][] = covers.map(() => []);
  treeIds.forEach((tree, i) => {
    if (!flat[tree]) throw notTheirs();
    flat[tree][nodeIds[i]!] = {
      column: columns[i]!,
      mode: modes[i]!,
      threshold: thresholds[i]!,
      left: lefts[i]!,
      right: rights[i]!,
      missingLeft: missing[i]!,
    };
  });
  return {
    base: [...doubles('base_values_as_tensor')],
    trees: covers.map((cover, tree) =>
      treeOf(flat[tree]!, cover, (node) => leaves.get(`${tree}/${node}`) ?? 0),
    ),
  };
};

interface FlatNode {
  readonly column: number;
  readonly mode: string;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  readonly missingLeft: number;
}

const treeOf = (
  flat: readonly FlatNode[],
  cover: readonly number[],
  valueOf: (node: number) => number,
): Tree => {
  const own = flat.slice(0, cover.length);
  if (own.length !== cover.length) throw notTheirs();
  const categories: (Float32Array | null)[] = [];
  const right: number[] = [];
  for (const node of own) {
    if (node.mode !== 'BRANCH_EQ') {
      categories.push(null);
      right.push(node.right);
      continue;
    }
    const chain = [node];
    while (chain[chain.length - 1]!.right >= cover.length) chain.push(flat[chain[chain.length - 1]!.right]!);
    categories.push(Float32Array.from(chain, ({ threshold }) => threshold));
    right.push(chain[chain.length - 1]!.right);
  }
  return {
    column: Int32Array.from(own, ({ mode, column }) => (mode === 'LEAF' ? -1 : column)),
    threshold: Float32Array.from(own, ({ threshold }) => threshold),
    categories,
    left: Int32Array.from(own, ({ left }) => left),
    right: Int32Array.from(right),
    missingLeft: Uint8Array.from(own, ({ missingLeft }) => missingLeft),
    value: Float32Array.from(own, ({ mode }, node) => (mode === 'LEAF' ? valueOf(node) : 0)),
    gain: new Float64Array(cover.length),
    cover: Float64Array.from(cover),
  };
};

const notTheirs = (): Refused =>
  new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', 'the covers are not those of the trees in the model file');
