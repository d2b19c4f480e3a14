import type { DeploymentFact } from '#contracts';

/** How the predictions of one version are watched, as the deployment fact says under which they were made. */
export interface Watch {
  readonly deployment: string;
  readonly model: string;
  readonly task: DeploymentFact['task'];
  readonly version: number;
  /** At which the deployment decides. */
  readonly threshold: number | null;
  /** Digest of the reference profile. */
  readonly profile: string;
  /** Revision whose values in the vector the version read. */
  readonly revision: string;
  readonly features: readonly string[];
  readonly windowMs: number;
  /** PSI. */
  readonly driftThreshold: number;
  readonly maturityMs: number;
}

/** What a deployment without a Monitor is watched with: the defaults of that definition. */
export const DEFAULT_WINDOW_MS = 86_400_000;
export const DEFAULT_DRIFT_THRESHOLD = 0.2;

/** Undefined where the version stands on no route of the deployment. */
export const watchOf = (deployment: DeploymentFact, version: number): Watch | undefined => {
  const route = deployment.routes.find((candidate) => candidate.version === version);
  return (
    route && {
      deployment: deployment.deployment,
      model: deployment.model,
      task: deployment.task,
      version,
      threshold: deployment.threshold,
      profile: route.profile,
      revision: route.revision,
      features: route.features,
      windowMs: deployment.monitor?.window_ms ?? DEFAULT_WINDOW_MS,
      driftThreshold: deployment.monitor?.drift.threshold ?? DEFAULT_DRIFT_THRESHOLD,
      maturityMs: deployment.label.maturity_ms,
    }
  );
};
