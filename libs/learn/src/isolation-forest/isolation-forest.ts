import { exp, log, log2, Rng } from '#kernel';
import { isolationForestModel } from '../onnx/isolation-forest';
import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { growIsolationTree, pathOf, type IsolationTree } from './isolation-tree';
import { imbalanceShares, predictForest, type IsolationForest } from './forest';
import { averagePath } from './path-length';

export const ISOLATION_FOREST_PARAMETERS = {
  trees: {
    type: 'integer',
    default: 100,
    min: 1,
    max: 10_000,
    meaning: 'number of trees',
    aka: ['n_estimators', 'iterations', 'num_trees'],
  },
  sample_size: {
    type: 'integer',
    default: 256,
    min: 2,
    max: 1_000_000,
    meaning: 'rows that each tree is grown on, drawn without putting back; all where there are fewer',
    aka: ['max_samples', 'samples', 'subsample'],
  },
} as const satisfies ParameterSpecs;

/**
 * Isolation forest (Liu, Ting and Zhou, 2008): what random splits part from the rest soon is strange. The score is
 * 2^(-mean path / c(sample)), in (0, 1]: near 1 strange, 0.5 where nothing can be told apart. Labels are not looked at.
 */
export const isolationForest = defineTrainer({
  kind: 'isolation-forest',
  tasks: ['anomaly'],
  parameters: ISOLATION_FOREST_PARAMETERS,
  learn(fit) {
    const { columns, labels, parameters, validation, seed } = fit;
    const rng = new Rng(seed);
    const size = Math.min(parameters.sample_size, labels.length);
    const height = Math.ceil(log2(Math.max(size, 2)));
    const order = Uint32Array.from({ length: labels.length }, (_, row) => row);
    const trees: IsolationTree[] = [];
    // A sample of one row has no path to compare with.
    const rateOf = (count: number): number => -log(2) / (count * (averagePath(size) || 1));
    const train = new MeanScore(columns, Math.ceil(labels.length / 16_384));
    const watched = validation && new MeanScore(validation.columns, 1);
    while (trees.length < parameters.trees) {
      fit.checkpoint();
      const tree = growIsolationTree(columns, drawFirst(rng, order, size), height, rng);
      trees.push(tree);
      const rate = rateOf(trees.length);
      fit.report(() => ({
        iteration: trees.length,
        iterations: parameters.trees,
        metric: 'mean_score',
        train: train.after(trees, rate),
        ...(watched ? { validation: watched.after(trees, rate) } : {}),
      }));
    }
    const forest: IsolationForest = { features: columns.length, trees, rate: rateOf(trees.length) };
    return {
      importance: imbalanceShares(forest),
      predict: (rows) => predictForest(forest, rows),
      toOnnx: () => isolationForestModel(forest, fit.featureNames),
    };
  },
});

/** `count` of `order` without putting back, in front of it (Fisher and Yates); a copy. */
const drawFirst = (rng: Rng, order: Uint32Array, count: number): Uint32Array => {
  for (let at = 0; at < count; at++) {
    const other = at + rng.below(order.length - at);
    const row = order[other]!;
    order[other] = order[at]!;
    order[at] = row;
  }
  return order.slice(0, count);
};

/** The mean score of the rows 0, step, 2 step, ...; walks each tree once. */
class MeanScore {
  private readonly paths: Float64Array;
  private walked = 0;

  constructor(
    private readonly columns: readonly Float32Array[],
    private readonly step: number,
  ) {
    this.paths = new Float64Array(Math.ceil(columns[0]!.length / step));
  }

  after(trees: readonly IsolationTree[], rate: number): number {
    for (; this.walked < trees.length; this.walked++)
      for (let at = 0; at < this.paths.length; at++)
        this.paths[at]! += pathOf(trees[this.walked]!, (column) => this.columns[column]![at * this.step]!);
    return this.paths.reduce((sum, path) => sum + exp(rate * path), 0) / this.paths.length;
  }
}
