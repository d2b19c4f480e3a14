export * from './port';
export * from './conservation';
export * from './dead-letters';
export * from './entries';
export * from './follow';
export * from './headers';
export * from './read';
export * from './shared-appender';
export * from './checksum';
export * from './memory';
export {
  Cursor,
  Malformed,
  copyInto,
  readInt64,
  sizeOfVarint,
  writeInt64,
  writeVarint,
} from './kafka/wire/bytes';
export { isIntact } from './kafka/wire/record-batch';
export { WireHeaders, headerNameBytes, passHeaders } from './kafka/wire/wire-headers';
export * from './runner';
