export * from './format/entry';
export * from './format/merkle';
