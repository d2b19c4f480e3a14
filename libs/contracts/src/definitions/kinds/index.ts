import { DeploymentOptions, deploymentSpec, type DeploymentSpec } from './deployment';
import { FeatureServiceOptions, featureServiceSpec, type FeatureServiceSpec } from './feature-service';
import { FeatureViewOptions, featureViewSpec, type FeatureViewSpec } from './feature-view';
import { LabelOptions, labelSpec, type LabelSpec } from './label';
import { ModelOptions, modelSpec, type ModelSpec } from './model';
import { MonitorOptions, monitorSpec, type MonitorSpec } from './monitor';
import { StreamOptions, streamSpec, type StreamSpec } from './stream';

export * from './aggregates';
export * from './deployment';
export * from './feature-service';
export * from './feature-view';
export * from './label';
export { metricsOf, metricWords, scoreMetricsOf, TASKS, type MetricName, type Task } from './metrics';
export * from './model';
export * from './monitor';
export * from './stream';

/** What a user writes below `spec`, by kind. */
export interface DefinitionOptions {
  Stream: StreamOptions;
  FeatureView: FeatureViewOptions;
  FeatureService: FeatureServiceOptions;
  Label: LabelOptions;
  Model: ModelOptions;
  Deployment: DeploymentOptions;
  Monitor: MonitorOptions;
}

/** The same with defaults applied, by kind. */
export interface DefinitionSpecs {
  Stream: StreamSpec;
  FeatureView: FeatureViewSpec;
  FeatureService: FeatureServiceSpec;
  Label: LabelSpec;
  Model: ModelSpec;
  Deployment: DeploymentSpec;
  Monitor: MonitorSpec;
}

export type Kind = keyof DefinitionSpecs;

/** In the order in which they name each other: a kind names only kinds before it. */
export const KINDS = [
  'Stream',
  'FeatureView',
  'FeatureService',
  'Label',
  'Model',
  'Deployment',
  'Monitor',
] as const satisfies readonly Kind[];

export const OPTION_SCHEMAS = {
  Stream: StreamOptions,
  FeatureView: FeatureViewOptions,
  FeatureService: FeatureServiceOptions,
  Label: LabelOptions,
  Model: ModelOptions,
  Deployment: DeploymentOptions,
  Monitor: MonitorOptions,
} as const;

const APPLY_DEFAULTS: { readonly [K in Kind]: (options: DefinitionOptions[K]) => DefinitionSpecs[K] } = {
  Stream: streamSpec,
  FeatureView: featureViewSpec,
  FeatureService: featureServiceSpec,
  Label: labelSpec,
  Model: modelSpec,
  Deployment: deploymentSpec,
  Monitor: monitorSpec,
};

/** The options, which keep their schema, with every default written out. */
export const withDefaults = <K extends Kind>(kind: K, options: DefinitionOptions[K]): DefinitionSpecs[K] =>
  APPLY_DEFAULTS[kind](options);
