export * from './on-observations';
export * from './partition-state';
export * from './services';
export * from './vector';
