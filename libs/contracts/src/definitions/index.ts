export * from './compile';
export * from './compiled';
export { definitionKey, type Definition, type DefinitionOf } from './definition';
export * from './diff';
export { compareFaults, definitionsRefused, formatFault, type DefinitionFault } from './fault';
export * from './json-schema';
export * from './kinds';
export * from './load';
export * from './not-built-yet';
export {
  parseDefinitions,
  parseDefinitionValues,
  type DefinitionFile,
  type ParsedDefinition,
  type ParsedDefinitions,
} from './parse';
export * from './project';
export { resolveProject, type Resolution, type ResolveOptions, type TrainerFaults } from './resolve';
