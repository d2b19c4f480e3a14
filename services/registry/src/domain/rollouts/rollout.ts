import type { CompiledDeployment } from '#contracts';
import { canonicalJson, formatPosition, type CanonicalValue } from '#kernel';
import type { InputPosition } from '../inputs';
import type { OutcomeOf } from '../outcomes';
import type { Decided, RegistryState, RolloutChange, RolloutState } from '../state';

export type RolloutFact = OutcomeOf<'rollout-changed'>['fact'];

/** A rollout as the deployment says it: which versions, which step, since when. */
export type Rollout = RolloutFact['rollout'];

/** Steps, interval and limits as the deployment defines them. */
type RolloutPlan = NonNullable<CompiledDeployment['rollout']>;

/** A rollout without traffic is prolonged for ever: it must not grow with it. */
export const MOST_CHANGES = 200;

export const runningRollout = (
  { rollouts }: Pick<RegistryState, 'rollouts'>,
  deployment: string,
): RolloutState | undefined => {
  const held = rollouts.get(deployment);
  return held?.status === 'running' ? held : undefined;
};

/** Percent of the entities that the new version answers. */
export const newShare = ({ steps, step }: Rollout): number => steps[step]!;

/** A rollout at its first step. */
export const beginRollout = (
  plan: RolloutPlan,
  versions: Pick<Rollout, 'version' | 'baseline'>,
  at: InputPosition,
): Rollout => ({
  strategy: plan.strategy,
  ...versions,
  began: formatPosition(0, at.offset),
  step: 0,
  steps: [...plan.steps],
  interval_ms: plan.intervalMs,
  since: at.time,
  abort: plan.abort.map((limit) => ({ ...limit })),
});

export const atStep = (rollout: Rollout, step: number, at: InputPosition): Rollout => ({
  ...rollout,
  step,
  since: at.time,
});

/** Watched anew by another plan, with no entity more than now: at the last step that has no greater share. */
export const replan = (rollout: Rollout, plan: RolloutPlan, at: InputPosition): Rollout => {
  const share = newShare(rollout);
  const step = Math.max(
    0,
    plan.steps.findLastIndex((each) => each <= share),
  );
  const { steps, interval_ms, abort } = beginRollout(plan, rollout, at);
  return { ...rollout, steps, interval_ms, abort, step, since: at.time };
};

/** Whether a rollout is watched as a plan says. */
export const isPlanned = (rollout: Rollout, plan: RolloutPlan): boolean => {
  const { strategy, steps, interval_ms, abort } = rollout;
  const said = { strategy, steps, intervalMs: interval_ms, abort };
  return canonicalJson(said as CanonicalValue) === canonicalJson({ ...plan } as unknown as CanonicalValue);
};

export const evolveRollout = (
  before: RolloutState | undefined,
  { deployment, model, change, rollout, reason, changed_by, measured, evidence }: RolloutFact,
  decided: Decided,
): RolloutState => {
  const status =
    change === 'completed' || change === 'aborted' || change === 'superseded' ? change : 'running';
  const entry: RolloutChange = {
    change,
    step: rollout.step,
    share: newShare(rollout),
    reason,
    by: changed_by,
    ...(measured && { measured }),
    ...(evidence && { evidence }),
    ...decided,
  };
  const story = change === 'began' ? [entry] : [...(before?.story ?? []), entry].slice(-MOST_CHANGES);
  return { deployment, model, status, rollout, story, ...decided };
};
