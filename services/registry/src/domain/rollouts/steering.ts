import type { ErrorCode } from '#kernel';
import type { Input, InputPosition } from '../inputs';
import type { Outcome } from '../outcomes';
import { applied } from '../references';
import { refuse } from '../refusals';
import { currentVersion, type RegistryState, type RolloutState } from '../state';
import { ROLLOUT_ACTOR } from './moves';
import { atStep, newShare, runningRollout, type Rollout, type RolloutFact } from './rollout';

type Submitted = Extract<Input, { type: 'rollout' }>;
type Reported = Extract<Input, { type: 'rollout-report' }>['value'];
type Judged = Extract<Reported, { type: 'monitoring.rollout.judged' }>;

type Because = Pick<RolloutFact, 'reason' | 'changed_by' | 'measured' | 'evidence'>;

const change = (
  { deployment, model }: RolloutState,
  what: RolloutFact['change'],
  rollout: Rollout,
  because: Because,
): Outcome => ({
  type: 'rollout-changed',
  fact: { deployment, model, change: what, rollout, ...because },
});

/** What monitoring says of a step: on with it, on to the next, or back. What it says of another step than the present one comes too late. */
export const onVerdict = (
  state: RegistryState,
  { fact, reference }: Judged,
  at: InputPosition,
): Outcome[] => {
  const held = runningRollout(state, fact.deployment);
  if (!held || !isAbout(held.rollout, fact)) return [];
  const { rollout } = held;
  const because: Because = {
    reason: fact.message,
    changed_by: ROLLOUT_ACTOR,
    measured: fact.measured,
    evidence: [{ kind: 'verdict', id: reference }],
  };
  switch (fact.verdict) {
    case 'worse':
      return takeBack(state, held, because);
    case 'undecided':
      return [change(held, 'prolonged', rollout, because)];
    case 'fine':
      if (rollout.paused) return [];
      return rollout.step + 1 < rollout.steps.length
        ? [change(held, 'advanced', atStep(rollout, rollout.step + 1, at), because)]
        : [change(held, 'completed', rollout, because)];
  }
};

const isAbout = (rollout: Rollout, fact: Judged['fact']): boolean =>
  rollout.version === fact.version &&
  rollout.baseline === fact.baseline &&
  rollout.began === fact.began &&
  rollout.step === fact.step &&
  rollout.since === fact.since;

/** The alias goes back, and with it everything that answers under it. */
const takeBack = (state: RegistryState, held: RolloutState, because: Because): Outcome[] => {
  const { model, deployment, rollout } = held;
  const { alias } = applied(state, 'Deployment', deployment)!.compiled;
  const named = state.aliases.get(`${model}@${alias}`);
  const { reason, changed_by, evidence } = because;
  return [
    change(held, 'aborted', rollout, because),
    {
      type: 'alias-assigned',
      fact: {
        model,
        alias,
        version: rollout.baseline,
        previous: named ? currentVersion(named) : null,
        cause: 'rollout',
        reason,
        assigned_by: changed_by,
        ...(evidence && { evidence }),
      },
    },
  ];
};

/** An operator holds a rollout, lets it go on, brings it to its end, or takes it back. */
export const steer = (state: RegistryState, command: Submitted, at: InputPosition): Outcome[] => {
  const { deployment, action, actor, comment } = command.value;
  const no = (code: ErrorCode, message: string): Outcome[] => refuse(command, code, message);
  if (!applied(state, 'Deployment', deployment))
    return no('PLAYHEAD_NOT_FOUND', `there is no deployment ${deployment}`);
  const held = runningRollout(state, deployment);
  if (!held)
    return no('PLAYHEAD_CONFLICT', `${deployment} has no rollout under way${howItEnded(state, deployment)}`);
  const { rollout } = held;
  const because = (reason: string): Because => ({
    reason: comment === undefined ? reason : `${reason}: ${comment}`,
    changed_by: actor,
  });
  const { paused, ...going } = rollout;
  switch (action) {
    case 'pause':
      if (paused) return [];
      return [
        change(held, 'paused', { ...rollout, paused: true }, because(`held at ${newShare(rollout)} %`)),
      ];
    case 'resume':
      if (!paused) return [];
      return [
        change(
          held,
          'resumed',
          atStep(going, rollout.step, at),
          because(`goes on at ${newShare(rollout)} %, watched anew`),
        ),
      ];
    case 'promote':
      return [
        change(held, 'completed', going, because(`version ${rollout.version} answers everybody, by request`)),
      ];
    case 'abort':
      return takeBack(state, held, because(`version ${rollout.version} is taken back, by request`));
  }
};

const howItEnded = (state: RegistryState, deployment: string): string => {
  const last = state.rollouts.get(deployment);
  return last ? `: that of version ${last.rollout.version} is ${last.status}` : '';
};
