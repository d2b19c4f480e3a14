import { weightsByClass } from '../class-weights';
import { treeEnsembleModel } from '../onnx/tree-ensemble';
import { defineTrainer, type Fit } from '../trainer';
import type { Parameters } from '../parameters';
import { binTable } from './bins';
import { writeCovers } from './covers';
import { EarlyStopping } from './early-stopping';
import { gbdtRules, GBDT_PARAMETERS } from './gbdt-parameters';
import { gainImportance, predictEnsemble, type Ensemble } from './ensemble';
import { TreeGrower } from './grow';
import { kernelsFor } from './kernels/kernels-for';
import type { LabelledRows, Objective } from './objectives/objective';
import { OBJECTIVES } from './objectives/objectives';
import { Sampler } from './sampler';
import { leafOfColumns, type Tree } from './tree';
import { treeContributions } from './tree-shap';

/**
 * Gradient-boosted decision trees on histograms, with second-order gradients of log loss, squared error or LambdaMART (Friedman,
 * "Greedy function approximation", 2001; Chen and Guestrin, "XGBoost", 2016; Ke and others, "LightGBM", 2017).
 */
export const gbdt = defineTrainer({
  kind: 'gbdt',
  tasks: ['binary', 'multiclass', 'regression', 'ranking'],
  parameters: GBDT_PARAMETERS,
  rules: gbdtRules,
  learn(fit) {
    const ensemble = boost(fit);
    return {
      outputs: ensemble.base.length,
      importance: gainImportance(ensemble),
      predict: (rows) => predictEnsemble(ensemble, rows),
      contributions: (rows) => treeContributions(ensemble, rows),
      explanation: () => writeCovers(ensemble.trees),
      toOnnx: () => treeEnsembleModel(ensemble, fit.featureNames),
    };
  },
});

type GbdtFit = Fit<Parameters<typeof GBDT_PARAMETERS>>;

const boost = (fit: GbdtFit): Ensemble => {
  const { parameters, columns, labels, validation, featureNames } = fit;
  fit.checkpoint();
  const train = new Course(objectiveOf(fit, fit), columns, labels.length);
  const watched =
    validation && new Course(objectiveOf(fit, validation), validation.columns, validation.labels.length);
  const { outputs, metric } = train.objective;
  const base = train.objective.bestConstants().map(Math.fround);
  train.objective.startAt(base);
  watched?.objective.startAt(base);

  const kernels = kernelsFor(labels.length * (2 * columns.length + 24));
  const categorical = new Set(parameters.categorical.map((name) => featureNames.indexOf(name)));
  const table = binTable(columns, parameters.max_bins, kernels, categorical);
  const grower = new TreeGrower(kernels, table, growRules(fit));
  const sampler = new Sampler(fit.seed, parameters, labels.length, table.features.length);
  const gradients = kernels.float64(2 * labels.length);
  const stopping = new EarlyStopping(parameters.early_stopping_rounds);
  const trees: Tree[] = [];

  for (let round = 1; round <= parameters.trees && !stopping.isOver; round++) {
    fit.checkpoint();
    const rows = sampler.rows();
    for (let output = 0; output < outputs; output++) {
      train.objective.gradients(output, gradients);
      const tree = grower.grow(gradients, rows, sampler.features(), train.leafOf);
      trees.push(tree);
      train.advance(output, tree, rows);
      watched?.advance(output, tree, NO_ROWS);
    }
    train.objective.endRound();
    watched?.objective.endRound();
    const validationLoss = watched?.objective.loss(1);
    if (validationLoss !== undefined) stopping.see(round, validationLoss);
    fit.report(() => ({
      iteration: round,
      iterations: parameters.trees,
      metric,
      train: train.objective.loss(Math.ceil(labels.length / 16384)),
      ...(validationLoss === undefined ? {} : { validation: validationLoss }),
    }));
  }
  return {
    task: fit.task,
    features: columns.length,
    base,
    trees: trees.slice(0, (stopping.bestIteration ?? trees.length) * outputs),
  };
};

const NO_ROWS = new Uint32Array(0);

const objectiveOf = ({ task, parameters, classes }: GbdtFit, rows: LabelledRows): Objective =>
  // The trainer names its tasks, so that no other one comes here.
  OBJECTIVES[task as keyof typeof OBJECTIVES](rows, weightsByClass(parameters.class_weights, classes));

const growRules = ({ parameters, featureNames }: GbdtFit) => {
  const directions = Int8Array.from(featureNames, (name) => parameters.monotone[name] ?? 0);
  return {
    depth: parameters.depth,
    leaves: parameters.leaves,
    learningRate: parameters.learning_rate,
    l2: parameters.l2,
    categoricalL2: parameters.categorical_l2,
    minChildWeight: parameters.min_child_weight,
    minSamplesLeaf: parameters.min_samples_leaf,
    directions: directions.some((direction) => direction !== 0) ? directions : null,
  };
};

/** The rows of a table on their way through the trees. */
class Course {
  /** The leaf of the newest tree that each row ends in. */
  readonly leafOf: Uint32Array;

  constructor(
    readonly objective: Objective,
    private readonly columns: readonly Float32Array[],
    rows: number,
  ) {
    this.leafOf = new Uint32Array(rows);
  }

  /** `leafOf` is known for the rows that the tree was grown on (ascending); the others go down it here. */
  advance(output: number, tree: Tree, grownOn: Uint32Array): void {
    const { leafOf, columns } = this;
    if (grownOn.length < leafOf.length) {
      for (let row = 0, next = 0; row < leafOf.length; row++) {
        if (next < grownOn.length && grownOn[next] === row) next++;
        else leafOf[row] = leafOfColumns(tree, columns, row);
      }
    }
    this.objective.advance(output, tree.value, leafOf);
  }
}
