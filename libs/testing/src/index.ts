export * from './mortal-log';
export * from './otlp-collector';
export * from './picky-model';
export * from './service-world';
export * from './settle';
export * from './trace-tree';
export { readConservation, ConservationCheck, type Conservation } from '#eventlog';
