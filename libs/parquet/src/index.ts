export * from './parquet';
