export * from './port';
export * from './headers';
export * from './read';
