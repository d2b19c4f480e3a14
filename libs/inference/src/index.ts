export * from './check';
export type { GraphOptimization, RuntimeFingerprint } from './fingerprint';
export { toMatrix } from './matrix';
export {
  MicroBatcher,
  type BatcherFigures,
  type CallLimits,
  type CancelSignal,
  type MicroBatcherOptions,
} from './batching/micro-batcher';
export type { Scored } from './batching/call-queue';
export {
  InferenceEngine,
  openInline,
  type EngineOptions,
  type OpenedModel,
  type OpenModel,
} from './engine/engine';
export type { ModelCost } from './engine/model-cost';
export {
  INPUT_NAME,
  loadModel,
  OUTPUT_OF_TASK,
  PIECE_ROWS,
  type LoadOptions,
  type ModelTask,
  type OnnxModel,
  type OutputName,
} from './onnx-model';
export * from './oip';
