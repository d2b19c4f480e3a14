export * from './contracts';
export * from './define-event';
export * from './definitions';
export * from './envelope';
export * from './events';
export * from './streams';
export * from './topics';
export * from './upcast';
