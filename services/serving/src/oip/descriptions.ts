import { INPUT_NAME, MAX_REQUEST_ROWS } from '#inference';
import type { Duration, ModelDescription, StatisticsOf } from '../inference';

/** What the server says of itself; the same at all doors of the protocol. */
export const SERVER = {
  name: 'playhead',
  version: '0.1.0',
  extensions: ['binary_tensor_data', 'model_configuration', 'model_repository', 'statistics'],
} as const;

/** Triton's model configuration, as far as it has a meaning here. */
export const configOf = ({ name, versions, features, outputName, outputs }: ModelDescription): object => ({
  name,
  platform: 'onnxruntime_onnx',
  backend: 'onnxruntime',
  max_batch_size: MAX_REQUEST_ROWS,
  input: [{ name: INPUT_NAME, data_type: 'TYPE_FP32', dims: [features] }],
  output: [{ name: outputName, data_type: 'TYPE_FP32', dims: [outputs] }],
  version_policy: { specific: { versions: versions.map(Number) } },
  dynamic_batching: {},
});

const NEVER: Duration = { count: 0, ns: 0 };

/** An entry of `model_stats`. */
export const statisticsOf = (of: StatisticsOf): object => ({
  name: of.name,
  version: of.version,
  last_inference: of.lastInferenceMs,
  inference_count: of.inferences,
  execution_count: of.executions,
  inference_stats: {
    success: of.success,
    fail: of.fail,
    queue: of.queue,
    compute_input: of.input,
    compute_infer: of.infer,
    compute_output: of.output,
    cache_hit: NEVER,
    cache_miss: NEVER,
  },
  batch_stats: of.batches.map(({ batchSize, infer }) => ({
    batch_size: batchSize,
    compute_input: NEVER,
    compute_infer: infer,
    compute_output: NEVER,
  })),
});
