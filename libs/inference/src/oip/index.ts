export { decodeInferRequest, parseJson, type BytesOptions } from './infer-bytes';
export {
  MAX_REQUEST_ROWS,
  parseInferRequest,
  type InferRequest,
  type ModelSignature,
  type ParseOptions,
} from './infer-request';
export {
  renderBinaryInferResponse,
  renderInferError,
  renderInferResponse,
  renderModelMetadata,
  type InferResult,
  type ModelMetadata,
  type TensorMetadata,
} from './infer-response';
export { parsePredictRequest, renderPredictResponse, type PredictRequest } from './predict-v1';
export {
  checkFinite,
  DATATYPE_BYTES,
  floatsOfBytes,
  numericDatatype,
  type NumericDatatype,
} from './tensor-bytes';
