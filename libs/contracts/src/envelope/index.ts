export * from './envelope';
export * from './header-names';
