export { PARQUET_WRITER } from './duck-db';
export * from './first-difference';
export * from './parquet';
export * from './query';
