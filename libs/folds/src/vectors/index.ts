export * from './beforehand';
export * from './on-observations';
export * from './partition-state';
export * from './sections';
export * from './services';
export * from './vector';
