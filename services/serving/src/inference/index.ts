export * from './hooks';
export * from './infer-call';
export * from './inference-desk';
export * from './model-statistics';
export * from './registered-models';
export * from './served-models';
