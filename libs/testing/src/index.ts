export * from './settle';
export { readConservation, ConservationCheck, type Conservation } from '#eventlog';
export * from './service-world';
