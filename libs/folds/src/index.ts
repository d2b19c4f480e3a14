export * from './bound';
export * from './monitor';
/** The folds of the hot path, as services run them and replay runs them again. */
export * from './predictions';
export * from './stages';
export * from './vectors';
