export * from './settle';
export * from './conservation';
