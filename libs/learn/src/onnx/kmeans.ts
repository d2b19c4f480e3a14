import type { KMeans } from '../kmeans/kmeans-model';
import { countOf } from '../kmeans/lloyd';
import { castTo, doubles, intAttribute, intsAttribute, longs, node, OUTPUTS, writeModel } from './model';
import { standardisedInput } from './standardise';

/** All differences [rows, centres, features] in double; the least of their lengths. */
export const kmeansModel = (
  { standardisation, centres }: KMeans,
  featureNames: readonly string[],
): Uint8Array => {
  const input = standardisedInput(standardisation);
  return writeModel({
    trainer: 'kmeans',
    task: 'anomaly',
    featureNames,
    constants: [
      ...input.constants,
      doubles('centres', centres.values, [1, countOf(centres), centres.width]),
      longs('centre_axis', [1]),
      longs('feature_axis', [2]),
    ],
    nodes: [
      ...input.nodes,
      node('Unsqueeze', ['standardised', 'centre_axis'], 'points'),
      node('Sub', ['points', 'centres'], 'differences'),
      node('Mul', ['differences', 'differences'], 'squares'),
      node('ReduceSum', ['squares', 'feature_axis'], 'distances', [intAttribute('keepdims', 0)]),
      node('ReduceMin', ['distances'], 'nearest', [intsAttribute('axes', [1]), intAttribute('keepdims', 1)]),
      node('Sqrt', ['nearest'], 'answer'),
      castTo('FLOAT', 'answer', OUTPUTS.anomaly),
    ],
  });
};
