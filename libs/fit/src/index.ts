export * from './code-version';
export { metricsFor } from './evaluation-metrics';
export * from './fit-model';
export * from './fit-thread';
export * from './model-manifest';
export * from './prepared-run';
export * from './read-dataset';
export * from './report';
export * from './verify-model';
