import { linearModel } from '../onnx/linear';
import type { FittedModel } from '../trainer';
import { contributionsOfLinear, magnitudeShares, predictLinear, type LinearModel } from './linear-model';

/** What every linear trainer hands back. */
export const fittedLinear = (
  model: LinearModel,
  featureNames: readonly string[],
): Pick<FittedModel, 'outputs' | 'importance' | 'toOnnx'> &
  Required<Pick<FittedModel, 'predict' | 'contributions'>> => ({
  outputs: model.intercepts.length,
  importance: magnitudeShares(model.coefficients, model.intercepts.length),
  predict: (rows) => predictLinear(model, rows),
  contributions: (rows) => contributionsOfLinear(model, rows),
  toOnnx: () => linearModel(model, featureNames),
});
