export * from './deployment';
export type { ExperimentSpec } from './experiment';
export { ROUTE_METRICS, routeMetricsOf, type AbortSpec, type RolloutSpec, type RouteMetric } from './rollout';
