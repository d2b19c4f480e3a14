export * from './definition';
export { definitionDigest, type EngineOptions } from './compile';
export {
  compileService,
  compileView,
  FeatureEngine,
  type FeatureState,
  type FeatureStats,
  type FeatureValues,
} from './engine';
export type { LatestValues } from './entity';
export { windowReachMs, windowTimes } from './windowing';
export * from './label-join';
export * from './split';
