export * from './define-event';
export * from './envelope';
export * from './events';
export * from './topics';
