export * from './check';
export type { GraphOptimization, RuntimeFingerprint } from './fingerprint';
export { toMatrix } from './matrix';
export {
  MicroBatcher,
  type BatcherFigures,
  type CallLimits,
  type MicroBatcherOptions,
} from './batching/micro-batcher';
export type { Scored } from './batching/call-queue';
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
export {
  parseInferRequest,
  type InferRequest,
  type ModelSignature,
  type ParseOptions,
} from './oip/infer-request';
export {
  renderInferError,
  renderInferResponse,
  renderModelMetadata,
  type InferResponse,
  type ModelMetadata,
  type OutputTensor,
  type ServedModel,
  type TensorMetadata,
} from './oip/infer-response';
export {
  checkFinite,
  DATATYPE_BYTES,
  floatsOfBytes,
  numericDatatype,
  type NumericDatatype,
} from './oip/tensor-bytes';
