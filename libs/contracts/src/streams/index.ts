export { canonicalTimestamp } from './canonical-timestamp';
export * from './event-validator';
export { type EventFault, type ObservedValue } from './field-reader';
export * from './observation-encoder';
export * from './observation-reader';
export * from './rejection-codes';
