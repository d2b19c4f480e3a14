import { championOf, type CompiledDeployment } from '#contracts';
import type { Input, InputPosition } from '../inputs';
import type { Outcome } from '../outcomes';
import { applied, versionUnder } from '../references';
import type { RegistryState } from '../state';
import { beginRollout, isPlanned, replan, runningRollout, type Rollout, type RolloutFact } from './rollout';

/** Who decides where nobody asks. */
export const ROLLOUT_ACTOR = 'rollout policy';

/** What an input has already led to, and who asked. */
interface Moved {
  readonly outcomes: readonly Outcome[];
  readonly actor: string;
  readonly at: InputPosition;
}

/**
 * What it means for rollouts that aliases and definitions have moved: a deployment with a rollout takes a new version in steps, from
 * the version that was settled before. A newer version begins again from there; a way back is taken at once. The first version ever
 * has nothing to be compared with and takes everything.
 */
export const rolloutMoves = (
  state: RegistryState,
  input: Input,
  outcomes: readonly Outcome[],
  at: InputPosition,
): Outcome[] => {
  if (!outcomes.some(({ type }) => type === 'alias-assigned' || type === 'definition-applied')) return [];
  const moved = outcomes.find((outcome) => outcome.type === 'alias-assigned');
  const asked = 'actor' in input.value ? input.value.actor : ROLLOUT_ACTOR;
  const actor = moved?.fact.assigned_by ?? asked;
  return [...state.definitions.values()].flatMap(({ kind, name }) =>
    kind === 'Deployment' ? movesOf(state, name, { outcomes, actor, at }) : [],
  );
};

const movesOf = (state: RegistryState, name: string, { outcomes, actor, at }: Moved): Outcome[] => {
  const { compiled } = applied(state, 'Deployment', name)!;
  const { model, alias, rollout: plan } = compiled;
  const target = versionUnder(state, compiled)?.version;
  const held = runningRollout(state, name);
  const changed = (change: RolloutFact['change'], rollout: Rollout, reason: string): Outcome => ({
    type: 'rollout-changed',
    fact: { deployment: name, model: held?.model ?? model, change, rollout, reason, changed_by: actor },
  });
  const begin = (baseline: number, version: number): Outcome => ({
    type: 'rollout-changed',
    fact: {
      deployment: name,
      model,
      change: 'began',
      rollout: beginRollout(plan!, { version, baseline }, at),
      reason: `${alias} of ${model} is version ${version}; version ${baseline} answered before`,
      changed_by: actor,
    },
  });
  const goesBack = outcomes.some(
    ({ type, fact }) =>
      type === 'alias-assigned' && fact.model === model && fact.alias === alias && fact.cause !== 'promotion',
  );
  if (!held) {
    const settled = settledVersion(state, name, compiled);
    const isNew = plan && target !== undefined && settled !== undefined && settled !== target;
    return isNew && !goesBack ? [begin(settled, target)] : [];
  }
  const { rollout } = held;
  if (!plan) return [changed('superseded', rollout, `deployment ${name} has no rollout any more`)];
  if (held.model !== model) return [changed('superseded', rollout, `deployment ${name} reads ${model} now`)];
  if (target === undefined)
    return [changed('superseded', rollout, `${alias} of ${model} names no version that can answer`)];
  if (target === rollout.version) {
    if (isPlanned(rollout, plan)) return [];
    if (plan.strategy === rollout.strategy)
      return [
        changed(
          'redefined',
          replan(rollout, plan, at),
          `deployment ${name} defines the rollout in another way`,
        ),
      ];
    const reason = `deployment ${name} makes it a ${plan.strategy} rollout`;
    return [changed('superseded', rollout, reason), begin(rollout.baseline, target)];
  }
  if (goesBack || target === rollout.baseline)
    return [changed('aborted', rollout, `${alias} of ${model} went back to version ${target}`)];
  return [
    changed('superseded', rollout, `version ${target} was promoted meanwhile`),
    begin(rollout.baseline, target),
  ];
};

/** The version that answers a deployment for good: what a new one is measured by. None while it waits, or answers with another model. */
const settledVersion = (
  { deployments }: RegistryState,
  name: string,
  { model }: CompiledDeployment,
): number | undefined => {
  const fact = deployments.get(name)?.fact;
  return fact?.model === model ? championOf(fact)?.version : undefined;
};
