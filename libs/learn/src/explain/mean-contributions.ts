/**
 * The mean of |contribution| of each feature over rows and outputs, from [rows, outputs, features + 1] row after row (the last of each is the
 * base, and left out): the global importance of SHAP values (Lundberg et al., 2020). In the model's margin.
 */
export const meanContributions = (contributions: Float64Array, features: number): Float64Array => {
  const means = new Float64Array(features);
  const lines = contributions.length / (features + 1);
  for (let line = 0; line < lines; line++)
    for (let feature = 0; feature < features; feature++)
      means[feature]! += Math.abs(contributions[line * (features + 1) + feature]!) / lines;
  return means;
};
