import type { Command } from './inputs';
import { evidenceOf, type Evidence } from './evidence';
import { CHECKED_RULES, nameOf, obstacleTo, obstacleToPromotion } from './obstacles';
import type { Outcome } from './outcomes';
import { missingVersion, refuse } from './refusals';
import { currentVersion, type ModelVersion, type RegistryState } from './state';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;

export const promote = (state: RegistryState, command: Of<'promotion'>): Outcome[] => {
  const { model, version: number, alias, actor, rules = 1 } = command.value;
  const version = state.versions.get(`${model}@${number}`);
  if (!version) return refuse(command, 'PLAYHEAD_NOT_FOUND', missingVersion(state, model, number));
  const obstacle = obstacleToPromotion(state, version, alias, rules);
  if (obstacle !== undefined) return refuse(command, 'PLAYHEAD_CONFLICT', obstacle);
  const before = state.aliases.get(`${model}@${alias}`);
  const previous = before ? currentVersion(before) : null;
  if (previous === number) return [];
  return [
    {
      type: 'alias-assigned',
      fact: {
        model,
        alias,
        version: number,
        previous,
        cause: 'promotion',
        assigned_by: actor,
        ...said(version, rules),
      },
    },
  ];
};

/**
 * To the newest version that the alias named before and that nothing stands against now; in a rollout, to the version that it began from,
 * which answers as before.
 */
export const rollBack = (state: RegistryState, command: Of<'rollback'>): Outcome[] => {
  const { model, alias, actor } = command.value;
  const named = state.aliases.get(`${model}@${alias}`);
  if (!named) return refuse(command, 'PLAYHEAD_NOT_FOUND', `${model} has no alias ${alias}`);
  const version = wayBack(state, model, alias);
  if (typeof version === 'string') return refuse(command, 'PLAYHEAD_CONFLICT', version);
  const previous = currentVersion(named);
  return [
    {
      type: 'alias-assigned',
      fact: { model, alias, version, previous, cause: 'rollback', assigned_by: actor },
    },
  ];
};

/** The version that an alias, which names one, goes back to; or why there is none. */
export const wayBack = (state: RegistryState, model: string, alias: string): number | string => {
  const named = state.aliases.get(`${model}@${alias}`)!;
  const baseline = baselineUnder(state, model, alias);
  if (baseline !== undefined) return baseline;
  const earlier = named.history
    .slice(0, -1)
    .reverse()
    .map((number) => state.versions.get(`${model}@${number}`)!);
  const target = earlier.find((version) => obstacleTo(state, version, alias) === undefined);
  if (target) return target.version;
  return earlier[0]
    ? obstacleTo(state, earlier[0], alias)!
    : `${alias} of ${model} has named no other version than ${currentVersion(named)}`;
};

/** The version that a rollout under this alias began from. */
const baselineUnder = (state: RegistryState, model: string, alias: string): number | undefined => {
  for (const { fact } of state.deployments.values()) {
    if (fact.model === model && fact.alias === alias && fact.rollout) return fact.rollout.baseline;
  }
  return undefined;
};

/** An alias that a deployment answers with stays: it would answer nobody any more. */
export const removeAlias = (state: RegistryState, command: Of<'alias-removal'>): Outcome[] => {
  const { model, alias, actor } = command.value;
  const named = state.aliases.get(`${model}@${alias}`);
  if (!named) return refuse(command, 'PLAYHEAD_NOT_FOUND', `${model} has no alias ${alias}`);
  const serving = [...state.deployments.values()].find(
    ({ fact }) => fact.model === model && fact.alias === alias && fact.state === 'active',
  );
  const previous = currentVersion(named);
  if (serving)
    return refuse(
      command,
      'PLAYHEAD_CONFLICT',
      `deployment ${serving.fact.deployment} answers with ${alias} of ${model}, which is ${nameOf({ model, version: previous })}: promote another version, or let the deployment name another alias`,
    );
  return [{ type: 'alias-removed', fact: { model, alias, previous, removed_by: actor } }];
};

const said = (version: ModelVersion, rules: number): { evidence?: Evidence } =>
  rules >= CHECKED_RULES ? { evidence: evidenceOf(version) } : {};
