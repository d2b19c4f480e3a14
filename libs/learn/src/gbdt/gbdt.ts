import { Rng } from '#kernel';
import { treeEnsembleModel } from '../onnx/tree-ensemble';
import { defineTrainer, type Fit } from '../trainer';
import type { Parameters } from '../parameters';
import { binTable, type BinnedTable } from './bins';
import { GBDT_PARAMETERS } from './gbdt-parameters';
import { gainImportance, predictEnsemble, type Ensemble } from './ensemble';
import { kernelsFor } from './kernels/kernels-for';
import { TreeGrower } from './grow';
import { OBJECTIVES, type Objective } from './objective';
import { leafOfColumns, type Tree } from './tree';

/**
 * Gradient-boosted decision trees on histograms, with second-order gradients of log loss or squared error (Friedman,
 * "Greedy function approximation", 2001; Chen and Guestrin, "XGBoost", 2016; Ke and others, "LightGBM", 2017).
 */
export const gbdt = defineTrainer({
  kind: 'gbdt',
  tasks: ['binary', 'regression'],
  parameters: GBDT_PARAMETERS,
  learn(fit) {
    const ensemble = boost(fit);
    return {
      importance: gainImportance(ensemble),
      predict: (rows) => predictEnsemble(ensemble, rows),
      toOnnx: () => treeEnsembleModel(ensemble, fit.featureNames),
    };
  },
});

type GbdtFit = Fit<Parameters<typeof GBDT_PARAMETERS>>;

const boost = (fit: GbdtFit): Ensemble => {
  const { task, parameters, columns, labels, validation } = fit;
  fit.checkpoint();
  const objective = OBJECTIVES[task]!;
  const base = Math.fround(objective.baseScore(labels));
  const kernels = kernelsFor(labels.length * (2 * columns.length + 24));
  const table = binTable(columns, parameters.max_bins, kernels);
  const grower = new TreeGrower(kernels, table, {
    depth: parameters.depth,
    leaves: parameters.leaves,
    learningRate: parameters.learning_rate,
    l2: parameters.l2,
    minChildWeight: parameters.min_child_weight,
    minSamplesLeaf: parameters.min_samples_leaf,
  });
  const draw = sampler(fit, table);
  const train = new Standings(objective, columns, labels, base);
  const watched = validation && new Standings(objective, validation.columns, validation.labels, base);
  const gradients = kernels.float64(2 * labels.length);
  const stopping = new EarlyStopping(parameters.early_stopping_rounds);
  const trees: Tree[] = [];

  while (trees.length < parameters.trees && !stopping.isOver) {
    fit.checkpoint();
    objective.gradients(labels, train.standings, gradients);
    const { rows, slots } = draw();
    const tree = grower.grow(gradients, rows, slots, train.leafOf);
    trees.push(tree);
    train.advance(tree, rows);
    watched?.advance(tree, NO_ROWS);
    const validationLoss = watched?.loss(1);
    if (validationLoss !== undefined) stopping.see(trees.length, validationLoss);
    fit.report(() => ({
      iteration: trees.length,
      iterations: parameters.trees,
      metric: objective.metric,
      train: train.loss(Math.ceil(labels.length / 16384)),
      ...(validationLoss === undefined ? {} : { validation: validationLoss }),
    }));
  }
  return {
    task,
    features: columns.length,
    base,
    trees: trees.slice(0, stopping.bestIteration ?? trees.length),
  };
};

const NO_ROWS = new Uint32Array(0);

/** Where the rows of a table stand after the trees so far. */
class Standings {
  readonly standings: Float64Array;
  /** The leaf of the newest tree that each row ends in. */
  readonly leafOf: Uint32Array;

  constructor(
    private readonly objective: Objective,
    private readonly columns: readonly Float32Array[],
    private readonly labels: Float64Array,
    base: number,
  ) {
    this.standings = new Float64Array(labels.length).fill(objective.standing(base));
    this.leafOf = new Uint32Array(labels.length);
  }

  /** `leafOf` is known for the rows that the tree was grown on (ascending); the others go down it here. */
  advance(tree: Tree, grownOn: Uint32Array): void {
    const { leafOf, columns } = this;
    if (grownOn.length < leafOf.length) {
      for (let row = 0, next = 0; row < leafOf.length; row++) {
        if (next < grownOn.length && grownOn[next] === row) next++;
        else leafOf[row] = leafOfColumns(tree, columns, row);
      }
    }
    this.objective.advance(this.standings, tree, leafOf);
  }

  loss(step: number): number {
    return this.objective.loss(this.labels, this.standings, step);
  }
}

/** Draws the rows (ascending, at least one) and the features of each tree. */
const sampler = ({ seed, parameters, labels }: GbdtFit, { features }: BinnedTable) => {
  const { subsample, feature_fraction: featureFraction } = parameters;
  const rng = new Rng(seed);
  const allRows = Uint32Array.from({ length: labels.length }, (_, row) => row);
  const allSlots = features.map((_, slot) => slot);
  return (): { rows: Uint32Array; slots: number[] } => ({
    rows:
      subsample === 1
        ? allRows
        : drawSorted(rng, allRows, Math.max(1, Math.round(subsample * allRows.length))),
    slots:
      featureFraction === 1
        ? allSlots
        : [
            ...drawSorted(
              rng,
              Uint32Array.from(allSlots),
              Math.max(1, Math.round(featureFraction * allSlots.length)),
            ),
          ],
  });
};

/** `count` of `items` without replacement, in their order (Knuth, "The Art of Computer Programming" 2, algorithm 3.4.2S). */
const drawSorted = (rng: Rng, items: Uint32Array, count: number): Uint32Array => {
  const drawn = new Uint32Array(Math.min(count, items.length));
  let size = 0;
  for (let at = 0; size < drawn.length; at++) {
    if (rng.below(items.length - at) < drawn.length - size) drawn[size++] = items[at]!;
  }
  return drawn;
};

class EarlyStopping {
  /** The number of trees with the best validation loss; null when nobody asked. */
  bestIteration: number | null = null;
  isOver = false;
  private bestLoss = Infinity;

  constructor(private readonly rounds: number) {}

  see(iteration: number, loss: number): void {
    if (this.rounds === 0) return;
    if (this.bestIteration === null || loss < this.bestLoss) {
      this.bestIteration = iteration;
      this.bestLoss = loss;
    }
    this.isOver = iteration - this.bestIteration >= this.rounds;
  }
}
