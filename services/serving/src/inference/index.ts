export * from './hooks';
export * from './infer-call';
export * from './inference-desk';
export type { Lane } from './lane';
export * from './model-statistics';
export * from './registered-models';
export * from './served-models';
