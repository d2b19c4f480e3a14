import type { ParameterSpecs } from '../parameters';
import { voteModel } from './online-onnx';
import { CLASSES_PARAMETER, type OnlineDefinition } from './online-learner';
import { GrowingTree, type GrowthOptions } from './tree';

const MANY = 1_000_000;

export const treeParameters = {
  grace_period: {
    type: 'integer',
    default: 200,
    min: 1,
    max: MANY,
    meaning: 'observations that a leaf takes between two attempts to split it',
  },
  delta: {
    type: 'number',
    default: 1e-7,
    min: 0,
    max: 1,
    aboveMin: true,
    meaning: 'the chance that a split is not the best one',
    aka: ['split_confidence'],
  },
  tau: {
    type: 'number',
    default: 0.05,
    min: 0,
    max: 1,
    meaning: 'two splits are as good as each other once the Hoeffding bound is below this',
    aka: ['tie_threshold'],
  },
  max_depth: { type: 'integer', default: 32, min: 1, max: 64, meaning: 'most splits above a leaf' },
  max_leaves: {
    type: 'integer',
    default: 1_000,
    min: 1,
    max: 10_000,
    meaning: 'most leaves of a tree; a full one goes on learning in its leaves',
  },
  classes: CLASSES_PARAMETER,
} as const satisfies ParameterSpecs;

/** How a tree grows under the parameters of its trainer. */
export const growthOf = (
  p: Readonly<Record<keyof typeof treeParameters, number>>,
  watch: GrowthOptions['watch'],
): GrowthOptions => ({
  gracePeriod: p.grace_period,
  delta: p.delta,
  tau: p.tau,
  maxDepth: p.max_depth,
  maxLeaves: p.max_leaves,
  watch,
});

/**
 * The Hoeffding tree or VFDT (Domingos and Hulten, 2000) with Gaussian splits and naive Bayes in its leaves where that is better. The
 * defaults are those of River 0.26's `HoeffdingTreeClassifier`; other than there, "no split" has the merit 0, and a leaf that cannot be
 * split now may be later.
 */
export const hoeffdingTree: OnlineDefinition<typeof treeParameters> = {
  kind: 'hoeffding-tree',
  parameters: treeParameters,
  begin: (settings) => {
    const all = Array.from({ length: settings.features }, (_, feature) => feature);
    const tree = new GrowingTree(
      growthOf(settings.parameters, () => all),
      settings.features,
      settings.classes,
    );
    return {
      predict: (x) => tree.predict(x),
      learn: (x, label) => tree.learn(x, label, 1),
      importance: () => shares(tree.gains),
      write: (to) => tree.write(to),
      read: (from) => tree.read(from),
      toOnnx: () => voteModel(settings, [{ root: tree.root, vote: 1 }]),
    };
  },
};

/** Parts of the whole; all 0 where there is none. */
export const shares = (gains: Float64Array): Float64Array => {
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return gains.map((gain) => (total > 0 ? gain / total : 0));
};
