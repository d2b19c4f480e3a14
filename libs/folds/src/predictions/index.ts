export * from './model-shelf';
export * from './on-vectors';
export * from './prediction';
