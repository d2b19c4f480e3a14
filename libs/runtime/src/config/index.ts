export * from './common-config';
export * from './define-config';
