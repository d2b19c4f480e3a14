export { exposeModels } from './expose-models';
export { InferenceObserver } from './inference-observer';
export { SERVING_METRICS, TRITON_METRICS } from './metric-specs';
