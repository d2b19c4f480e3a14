import { linearModel } from '../onnx/linear';
import type { FittedModel } from '../trainer';
import { magnitudeShares, predictLinear, type LinearModel } from './linear-model';

/** What both linear trainers hand back. */
export const fittedLinear = (
  model: LinearModel,
  featureNames: readonly string[],
): Pick<FittedModel, 'importance' | 'predict' | 'toOnnx'> => ({
  importance: magnitudeShares(model.coefficients),
  predict: (rows) => predictLinear(model, rows),
  toOnnx: () => linearModel(model, featureNames),
});
