import type { IsolationForest } from '../isolation-forest/forest';
import { castTo, doubles, INPUT, node, OUTPUTS, writeModel } from './model';
import { sumOfTrees } from './tree-ensemble';

/** The sum of paths, then e^(rate x sum) in double. */
export const isolationForestModel = (
  { trees, rate }: IsolationForest,
  featureNames: readonly string[],
): Uint8Array =>
  writeModel({
    trainer: 'isolation-forest',
    task: 'anomaly',
    featureNames,
    constants: [doubles('rate', [rate], [])],
    nodes: [
      castTo('DOUBLE', INPUT, 'input_double'),
      sumOfTrees({ base: [0], trees }, 'path'),
      castTo('DOUBLE', 'path', 'path_double'),
      node('Mul', ['path_double', 'rate'], 'exponent'),
      node('Exp', ['exponent'], 'answer'),
      castTo('FLOAT', 'answer', OUTPUTS.anomaly),
    ],
  });
