export * from './fold';
export * from './followed-topic';
export * from './no-control';
export * from './options';
export * from './per-record';
export * from './round-tracer';
export * from './runner';
export * from './snapshots';
export { perRound } from './round';
export { SeenPositions, admitted, readSeen, readTail, resumeAmong, seekBySource } from './tail';
export {
  DEAD_LETTER_TYPE,
  deadLetterOf,
  deadLetterOfBatch,
  headersBefore,
  type DeadLetterFacts,
} from './dead-letter';
