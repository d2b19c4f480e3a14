import type { onnx } from 'onnx-proto';
import { MAX_FLOAT32 } from '../data-set';
import type { Standardisation } from '../linear/standardise';
import { castTo, doubles, INPUT, node } from './model';

/** A piece of a graph: what it computes, and what it needs for that. */
export interface GraphPart {
  readonly nodes: onnx.INodeProto[];
  readonly constants: onnx.ITensorProto[];
}

/**
 * `input` to `standardised` [-1, features], in double, so that large values do not cancel away: infinite values count as the largest
 * float32, missing ones as the mean.
 */
export const standardisedInput = ({ mean, scale }: Standardisation): GraphPart => ({
  constants: [
    doubles('mean', mean, [1, mean.length]),
    doubles('scale', scale, [1, mean.length]),
    doubles('lowest', [-MAX_FLOAT32], []),
    doubles('highest', [MAX_FLOAT32], []),
  ],
  nodes: [
    node('IsNaN', [INPUT], 'missing'),
    castTo('DOUBLE', INPUT, 'input_double'),
    node('Clip', ['input_double', 'lowest', 'highest'], 'finite'),
    node('Where', ['missing', 'mean', 'finite'], 'imputed'),
    node('Sub', ['imputed', 'mean'], 'centred'),
    node('Mul', ['centred', 'scale'], 'standardised'),
  ],
});
