import {
  trialOf,
  type DeploymentFact,
  type DeploymentState,
  type EventOf,
  type WindowProfiled,
} from '#contracts';

/** By what windows are judged: the Monitor that held. */
export type Judging = NonNullable<EventOf<typeof WindowProfiled>['monitor']>;

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
  readonly window: WindowLength;
  /** Absent: there is none, and its defaults hold. */
  readonly monitor?: Judging;
  readonly maturityMs: number;
  /** The rollout or bandit that its predictions are part of: their labels are counted when they come. */
  readonly trial?: string;
}

/** Windows of event time, or of so many predictions; these are told by parts of `chunkRows`, each from one partition. */
export type WindowLength = { readonly ms: number } | { readonly rows: number; readonly chunkRows: number };

/** What a deployment without a Monitor is watched with: the defaults of that definition. */
export const DEFAULT_WINDOW_MS = 86_400_000;
export const DEFAULT_DRIFT_THRESHOLD = 0.2;

/** A part is so much smaller than its share of a window: no window is longer than asked by more than a quarter. */
const CHUNKS_PER_PARTITION = 4;

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
      window: windowLength(deployment),
      ...(deployment.monitor && { monitor: judgingOf(deployment.monitor) }),
      maturityMs: deployment.label.maturity_ms,
      ...(trial === undefined ? {} : { trial }),
    }
  );
};

const windowLength = ({ monitor, service: { partitions } }: DeploymentFact): WindowLength => {
  const rows = monitor?.window_rows;
  return rows === undefined
    ? { ms: monitor?.window_ms ?? DEFAULT_WINDOW_MS }
    : { rows, chunkRows: Math.ceil(rows / (CHUNKS_PER_PARTITION * partitions)) };
};

const judgingOf = (monitor: NonNullable<DeploymentFact['monitor']>): Judging => {
  const { alert: _, ...judging } = monitor;
  return judging;
};

/** Fields by whose values predictions are counted apart: features, or fields of the trigger. */
export const slicedFields = (monitor: Judging | undefined): readonly string[] => [
  ...new Set([...(monitor?.slices ?? []), ...(monitor?.fairness ?? []).map(({ group }) => group)]),
];

/** Indexes of the features that are watched, in the order of the version's features. */
export const watchedFeatures = (
  features: readonly string[],
  monitor: Judging | undefined,
): readonly number[] => {
  const chosen = monitor?.drift.features ?? 'auto';
  return features.flatMap((feature, index) => (chosen === 'auto' || chosen.includes(feature) ? [index] : []));
};
