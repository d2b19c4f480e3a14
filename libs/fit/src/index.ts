export * from './code-version';
export * from './fit-model';
export * from './fit-thread';
export * from './model-manifest';
export * from './prepared-run';
export * from './read-dataset';
export * from './verify-model';
