export * from './feature/dataset-built';
export * from './feature/dataset-failed';
export * from './feature/vector-computed';
export * from './platform/snapshot-taken';
export * from './serving/deployment-started';
export * from './serving/interval-reported';
export * from './serving/prediction-made';
