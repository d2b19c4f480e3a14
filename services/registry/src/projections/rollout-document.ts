import { shareOf } from '#contracts';
import { formatPosition } from '#kernel';
import { runningExperiment } from '../domain/rollouts/experiments';
import { newShare } from '../domain/rollouts/rollout';
import type { Decided, RegistryState, RolloutState } from '../domain/state';

const decided = ({ position, time }: Decided) => ({
  position: formatPosition(0, position),
  decidedAt: time,
});

/** Who answers a deployment and why: its routes, the rollout that is under way or was last, its experiment, and what happened. */
export const rolloutDocument = (state: RegistryState, deployment: string) => {
  const { fact } = state.deployments.get(deployment)!;
  const held = state.rollouts.get(deployment);
  const experiment = runningExperiment(state, deployment);
  return {
    deployment,
    model: fact.model,
    alias: fact.alias,
    routes: fact.routes.map((route) => ({
      route: route.route,
      version: route.version,
      share: shareOf(fact, route),
    })),
    salt: fact.salt ?? null,
    rollout: held ? lastRollout(held) : null,
    experiment: experiment
      ? {
          strategy: experiment.strategy,
          revision: experiment.revision,
          arms: experiment.arms,
          reason: experiment.reason,
          by: experiment.changed_by,
          evidence: experiment.evidence ?? [],
          ...decided(experiment),
        }
      : null,
    story: (held?.story ?? []).map(({ change, step, share, reason, by, measured, evidence, ...at }) => ({
      change,
      step,
      share,
      reason,
      by,
      measured: measured ?? [],
      evidence: evidence ?? [],
      ...decided(at),
    })),
  };
};
export type RolloutDocument = ReturnType<typeof rolloutDocument>;

const lastRollout = ({ status, rollout, ...at }: RolloutState) => {
  const { interval_ms: intervalMs, since, began, paused = false, ...rest } = rollout;
  return {
    status: status === 'running' && paused ? ('paused' as const) : status,
    ...rest,
    share: newShare(rollout),
    began,
    since,
    intervalMs,
    /** When its step has been watched for one interval: monitoring judges it with the next report after that. */
    judgedAfter: status === 'running' ? new Date(Date.parse(since) + intervalMs).toISOString() : null,
    ...decided(at),
  };
};
