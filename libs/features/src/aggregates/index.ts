export * from './accumulator';
export * from './decayed';
export * from './ends';
export * from './extremes';
export * from './members';
export * from './totals';
