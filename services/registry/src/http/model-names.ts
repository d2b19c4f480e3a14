import { Refused, formatPosition } from '#kernel';
import { newShare } from '../domain/rollouts/rollout';
import { currentVersion, type ModelVersion, type RegistryState } from '../domain/state';

/** What doors read of a model by the names that they are given. */

/** @throws Refused PLAYHEAD_NOT_FOUND. */
export const modelIn = (state: RegistryState, model: string): RegistryState => {
  if (!state.definitions.has(`Model/${model}`))
    throw new Refused('PLAYHEAD_NOT_FOUND', `there is no model ${model}`);
  return state;
};

/** The number of `3` or of an alias; numbers that do not exist are left to the registry to refuse. */
export const versionNumber = (state: RegistryState, model: string, text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  const alias = state.aliases.get(`${model}@${text}`);
  if (!alias)
    throw new Refused('PLAYHEAD_NOT_FOUND', `${text} is neither a version number nor an alias of ${model}`);
  return currentVersion(alias);
};

/** @throws Refused PLAYHEAD_NOT_FOUND. */
export const versionIn = (state: RegistryState, model: string, text: string): ModelVersion => {
  const version = modelIn(state, model).versions.get(`${model}@${versionNumber(state, model, text)}`);
  if (!version) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no ${model}@${text}`);
  return version;
};

export const aliasAnswer = (state: RegistryState, model: string, alias: string, offset: number) => {
  const { history } = state.aliases.get(`${model}@${alias}`)!;
  const deployments = [...state.deployments.values()]
    .map(({ fact }) => fact)
    .filter((fact) => fact.model === model && fact.alias === alias);
  return {
    model,
    alias,
    version: history.at(-1)!,
    previous: history.at(-2) ?? null,
    deployments: deployments.map(({ deployment, state: now, rollout }) => ({
      name: deployment,
      state: now,
      /** Percent of the entities that the new version answers while it is rolled out. */
      ...(rollout && { share: newShare(rollout) }),
    })),
    position: formatPosition(0, offset),
  };
};
