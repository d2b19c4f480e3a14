export * from './model-shelf';
export * from './on-vectors';
export { type ModelFailure } from './open-models';
export * from './prediction';
export { type ServedRows } from './route-batch';
export { type TakenRoutes } from './routes-taken';
