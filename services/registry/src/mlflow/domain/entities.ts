import type { MetricSeries } from './metric-series';

export type LifecycleStage = 'active' | 'deleted';
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
export type LoggedModelStatus = 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED';
export type VersionStage = 'None' | 'Staging' | 'Production' | 'Archived';
export type Texts = ReadonlyMap<string, string>;

/** Times are epoch ms. */
export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly artifacts: string;
  readonly stage: LifecycleStage;
  readonly created: number;
  readonly updated: number;
  readonly tags: Texts;
}

export interface RunDataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TrackedRun {
  readonly id: string;
  readonly experiment: string;
  readonly artifacts: string;
  readonly name: string;
  readonly user: string;
  readonly status: RunStatus;
  readonly started: number;
  readonly ended?: number;
  readonly stage: LifecycleStage;
  readonly metrics: ReadonlyMap<string, MetricSeries>;
  readonly params: Texts;
  readonly tags: Texts;
  readonly datasets: readonly RunDataset[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly { readonly model: string; readonly step: number }[];
}

export interface ModelMetric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly time: number;
  readonly run: string;
  readonly dataset?: string;
  readonly digest?: string;
}

export interface LoggedModel {
  readonly id: string;
  readonly experiment: string;
  readonly artifacts: string;
  readonly name: string;
  readonly type?: string;
  readonly run?: string;
  readonly status: LoggedModelStatus;
  readonly created: number;
  readonly updated: number;
  readonly params: Texts;
  readonly tags: Texts;
}

export interface RegisteredVersion {
  readonly model: string;
  readonly version: number;
  readonly source: string;
  readonly run?: string;
  readonly runLink?: string;
  readonly loggedModel?: string;
  readonly description: string;
  readonly stage: VersionStage;
  readonly created: number;
  readonly updated: number;
  readonly tags: Texts;
}

export interface RegisteredModel {
  readonly name: string;
  readonly description: string;
  readonly created: number;
  readonly updated: number;
  readonly tags: Texts;
  /** Version by alias. */
  readonly aliases: ReadonlyMap<string, number>;
  /** By number; those that were deleted are absent, and their numbers are not given again. */
  readonly versions: ReadonlyMap<number, RegisteredVersion>;
}

export interface StoredFile {
  readonly artifact: string;
  readonly size: number;
}
