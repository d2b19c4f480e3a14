export { fitByCommand, fitByKind, type CommandFitOptions } from './fit-by-command';
