export * from './vector-reader';
