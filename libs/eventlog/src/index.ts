export * from './port';
export * from './conservation';
export * from './follow';
export * from './headers';
export * from './read';
export * from './checksum';
export * from './memory';
export * from './runner';
