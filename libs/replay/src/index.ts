export * from './datasets';
export * from './lineage';
export * from './refold/refold-vectors';
export * from './walk/dead-lettered';
export * from './walk/holes';
export * from './what-if';
export * from './rebuild';
