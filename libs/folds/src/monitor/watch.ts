import { trialOf, type DeploymentFact, type DeploymentState } from '#contracts';

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
  /** The rollout or bandit that its predictions are part of: their labels are counted when they come. */
  readonly trial?: string;
}

/** What a deployment without a Monitor is watched with: the defaults of that definition. */
export const DEFAULT_WINDOW_MS = 86_400_000;
export const DEFAULT_DRIFT_THRESHOLD = 0.2;

/**
 * Undefined where the version stands on no route of the deployment, and stood on none while another revision was carried: vectors from
 * before are answered by who read what they carry.
 */
export const watchOf = (deployment: DeploymentState, version: number): Watch | undefined => {
  const route = [deployment, ...(deployment.before ?? [])]
    .flatMap(({ routes }: DeploymentFact) => routes)
    .find((candidate) => candidate.version === version);
  const trial = trialOf(deployment);
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
      driftThreshold: numberOr(deployment.monitor?.drift.threshold, DEFAULT_DRIFT_THRESHOLD),
      maturityMs: deployment.label.maturity_ms,
      ...(trial === undefined ? {} : { trial }),
    }
  );
};

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;
