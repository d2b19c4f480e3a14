import { Refused, messageOf } from '#kernel';
import type { Ensemble } from '../gbdt/ensemble';
import { treeContributions } from '../gbdt/tree-shap';
import { contributionsOfLinear, type LinearModel } from '../linear/linear-model';
import { readModel, type ReadModel } from '../onnx/read-model';
import { readForest } from '../onnx/read-trees';
import type { TrainerKind } from '../trainer';

/** Says of a model file's answers which feature moved them how far. */
export interface Explainer {
  /** What the contributions add up to: the model's margin before its link. */
  readonly margin: 'log_odds' | 'log_odds_by_class' | 'value';
  /** Margins of a row: the classes of a multiclass model, else 1. */
  readonly outputs: number;
  /**
   * [rows, outputs, features + 1] row after row for `rows` [rows, features] (NaN = missing); the last is what is expected of a row of
   * which nothing is known. They sum to the margin.
   */
  contributions(rows: Float32Array): Float64Array;
}

/**
 * Opens the file itself, so that what is explained is what answers: linear models exactly, trees by TreeSHAP with the covers that
 * training stored beside the file.
 * @throws Refused PLAYHEAD_EXPLANATION_UNAVAILABLE, with the reason, for a model that is neither, or trees without covers.
 */
export const openExplainer = (onnx: Uint8Array, covers?: Uint8Array): Explainer => {
  const model = readModel(onnx);
  const operators = model.operators.filter((operator) => operator !== 'Cast').join(' ');
  const link = LINKS.find(({ after }) => operators.endsWith(after));
  const graph = link ? operators.slice(0, -link.after.length) : operators;
  const margin = link?.margin ?? 'value';
  if (graph === LINEAR) return explainerOf(margin, linearOf(model), contributionsOfLinear);
  if (graph === TREES) return explainerOf(margin, ensembleOf(model, covers), treeContributions);
  const trainer = model.metadata.trainer;
  throw unavailable(
    trainer === undefined
      ? 'the model file comes from elsewhere'
      : `a model of the trainer ${trainer} has no contributions that sum to its margin`,
  );
};

const LINKS = [
  { after: ' Sigmoid', margin: 'log_odds' },
  { after: ' Softmax', margin: 'log_odds_by_class' },
] as const;
const LINEAR = 'IsNaN Clip Where Sub Mul MatMul Add';
const TREES = 'TreeEnsembleRegressor';

const explainerOf = <M extends { readonly outputs: number }>(
  margin: Explainer['margin'],
  model: M,
  contributions: (model: M, rows: Float32Array) => Float64Array,
): Explainer => ({
  margin,
  outputs: model.outputs,
  contributions: (rows) => contributions(model, rows),
});

const linearOf = (model: ReadModel): LinearModel & { readonly outputs: number } => {
  const intercepts = model.doubles('intercepts');
  return {
    trainer: (model.metadata.trainer ?? 'linear') as TrainerKind,
    task: 'regression',
    standardisation: { mean: model.doubles('mean'), scale: model.doubles('scale') },
    coefficients: model.doubles('coefficients'),
    intercepts,
    outputs: intercepts.length,
  };
};

const ensembleOf = (
  model: ReadModel,
  covers: Uint8Array | undefined,
): Ensemble & { readonly outputs: number } => {
  if (!covers)
    throw unavailable(
      'training left no covers of its trees beside it: it was fitted by an earlier release, or elsewhere; train it again',
    );
  const names = parsed(model.metadata.features ?? '', 'feature names') as string[];
  const { trees: known } = parsed(new TextDecoder().decode(covers), 'covers') as { trees: number[][] };
  const ensemble = model.nodes.find(({ opType }) => opType === TREES)!;
  const { base, trees } = readForest(ensemble, known);
  return { task: 'regression', features: names.length, base, trees, outputs: base.length };
};

const parsed = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', `the ${what} are not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
};

const unavailable = (why: string): Refused =>
  new Refused('PLAYHEAD_EXPLANATION_UNAVAILABLE', `the answer cannot be explained: ${why}`);
