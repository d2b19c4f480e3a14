export * from './fold';
export * from './followed-topic';
export * from './options';
export * from './per-record';
export * from './runner';
export * from './snapshots';
export { SeenPositions, readTail, seekBySource } from './tail';
export { DEAD_LETTER_TYPE } from './dead-letter';
