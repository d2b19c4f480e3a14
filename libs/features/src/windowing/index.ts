export * from './bounded-window';
export * from './calendar';
export * from './tiles';
export * from './unbounded-window';
export * from './window';
export * from './window-times';
