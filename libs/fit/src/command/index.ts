export { fitByCommand, type CommandFitOptions } from './fit-by-command';
export { fitByKind, type FitsByKind } from './fit-by-kind';
export { fitImported, type ImportedFitOptions } from './fit-imported';
