import type { AlertReport, InputPosition } from '../inputs';
import type { Outcome } from '../outcomes';
import { wayBack } from '../promotions';
import { currentVersion, type PolicyPromotion, type RegistryState } from '../state';
import { policyOf, TRIGGER_ACTOR, TRIGGER_OF_ALERT } from './policy';

/**
 * An alert that the policy takes a version back for: about the version that the policy promoted last, while its alias names it, and not
 * longer than `within` after it began to answer everybody. Once: who promotes it again answers for it.
 */
export const takeBackByAlert = (
  state: RegistryState,
  { reference, fact }: Pick<AlertReport['value'], 'reference' | 'fact'>,
  at: InputPosition,
): Outcome[] => {
  const { model } = fact;
  const rollback = policyOf(state, model)?.rollback;
  const promoted = state.promotions.get(model);
  if (!rollback?.on.includes(TRIGGER_OF_ALERT[fact.kind]) || !promoted) return [];
  if (promoted.version !== fact.version || promoted.takenBack) return [];
  const named = state.aliases.get(`${model}@${promoted.alias}`);
  if (!named || currentVersion(named) !== promoted.version) return [];
  const since = answersAllSince(state, promoted);
  if (since !== undefined && Date.parse(at.time) - since > rollback.withinMs) return [];
  const version = wayBack(state, model, promoted.alias);
  if (typeof version === 'string') return [];
  return [
    {
      type: 'alias-assigned',
      fact: {
        model,
        alias: promoted.alias,
        version,
        previous: promoted.version,
        cause: 'rollback',
        reason: fact.message,
        policy: 'retraining',
        assigned_by: TRIGGER_ACTOR,
        evidence: [{ kind: 'alert', id: reference }],
      },
    },
  ];
};

/** Epoch ms; undefined while its rollout is under way. */
const answersAllSince = (
  { rollouts }: Pick<RegistryState, 'rollouts'>,
  { model, version, time }: PolicyPromotion,
): number | undefined => {
  const own = [...rollouts.values()].filter(
    (each) => each.model === model && each.rollout.version === version,
  );
  if (own.some(({ status }) => status === 'running')) return undefined;
  return Math.max(Date.parse(time), ...own.map((each) => Date.parse(each.time)));
};
