export * from './memory-log';
