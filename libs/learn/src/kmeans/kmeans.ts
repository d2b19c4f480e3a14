import { Rng } from '#kernel';
import { standardisationOf, standardise, type Standardisation } from '../linear/standardise';
import { kmeansModel } from '../onnx/kmeans';
import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { predictKMeans, type KMeans } from './kmeans-model';
import { assign, countOf, drawCentres, moveCentres, type Assignment, type Points } from './lloyd';

export const KMEANS_PARAMETERS = {
  clusters: {
    type: 'integer',
    default: 8,
    min: 1,
    max: 10_000,
    meaning: 'number of centres; fewer where there are fewer distinct rows',
    aka: ['k', 'n_clusters', 'centres', 'centers'],
  },
  max_iterations: {
    type: 'integer',
    default: 300,
    min: 1,
    max: 10_000,
    meaning: 'the greatest number of times that the centres move; they stop when no row changes its centre',
    aka: ['max_iter', 'iterations'],
  },
} as const satisfies ParameterSpecs;

/**
 * k-means on standardised features, missing values as the mean: centres drawn by k-means++ (Arthur and Vassilvitskii, 2007), moved by
 * Lloyd's method (1982). The score is the Euclidean distance to the nearest centre: greater = stranger. Labels are not looked at.
 */
export const kmeans = defineTrainer({
  kind: 'kmeans',
  tasks: ['anomaly'],
  parameters: KMEANS_PARAMETERS,
  learn(fit) {
    const { columns, parameters, validation, seed } = fit;
    fit.checkpoint();
    const standardisation = standardisationOf(columns);
    const points = standardisedPoints(standardisation, columns);
    const watched = validation && standardisedPoints(standardisation, validation.columns);
    let centres = drawCentres(points, parameters.clusters, new Rng(seed));
    let here = assign(points, centres);
    for (let iteration = 1, done = false; iteration <= parameters.max_iterations && !done; iteration++) {
      fit.checkpoint();
      centres = moveCentres(points, centres, here);
      const next = assign(points, centres);
      done = next.centre.every((centre, row) => centre === here.centre[row]);
      here = next;
      fit.report(() => ({
        iteration,
        iterations: parameters.max_iterations,
        metric: 'mean_squared_distance',
        train: here.inertia / countOf(points),
        ...(watched ? { validation: assign(watched, centres).inertia / countOf(watched) } : {}),
      }));
    }
    const model: KMeans = { standardisation, centres };
    return {
      importance: separationShares(centres, here),
      predict: (rows) => predictKMeans(model, rows),
      toOnnx: () => kmeansModel(model, fit.featureNames),
    };
  },
});

const standardisedPoints = (standardisation: Standardisation, columns: readonly Float32Array[]): Points => {
  const width = columns.length;
  const values = new Float64Array(width * columns[0]!.length);
  columns.forEach((column, f) => {
    for (let row = 0; row < column.length; row++)
      values[row * width + f] = standardise(standardisation, f, column[row]!);
  });
  return { values, width };
};

/** The share of each feature in how far the centres lie from the mean of all rows, squared, each centre as often as it has rows. */
const separationShares = ({ values, width }: Points, { sizes }: Assignment): Float64Array => {
  const sums = new Float64Array(width);
  values.forEach((value, at) => (sums[at % width]! += sizes[Math.floor(at / width)]! * value * value));
  const total = sums.reduce((sum, each) => sum + each, 0);
  // The mean of standardised values is 0 but for rounding.
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  return total > 1e-12 * rows ? sums.map((each) => each / total) : sums.fill(0);
};
