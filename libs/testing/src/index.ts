export * from './settle';
export { readConservation, ConservationCheck, type Conservation } from '#eventlog';
export * from './service-world';
export * from './otlp-collector';
export * from './trace-tree';
