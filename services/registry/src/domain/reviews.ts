import { failuresOf } from './gates';
import { evidenceOf } from './evidence';
import type { Command } from './inputs';
import { CHECKED_RULES, approvalRule, nameOf, notEntitled, notServable } from './obstacles';
import type { Outcome } from './outcomes';
import { missingVersion, refuse } from './refusals';
import { currentVersion, type ModelVersion, type RegistryState } from './state';

type Review = Extract<Command, { type: 'review' }>;

export const review = (state: RegistryState, command: Review): Outcome[] => {
  const { model, version: number, verdict, actor, comment, rules = 1 } = command.value;
  const version = state.versions.get(`${model}@${number}`);
  if (!version) return refuse(command, 'PLAYHEAD_NOT_FOUND', missingVersion(state, model, number));
  const obstacle =
    verdict === 'approved' ? obstacleToApproval(state, version, actor) : obstacleToRejection(state, version);
  if (obstacle !== undefined) return refuse(command, 'PLAYHEAD_CONFLICT', obstacle);
  const policy = verdict === 'approved' ? approvalRule(state, model) : undefined;
  const fact = {
    model,
    version: number,
    verdict,
    reviewed_by: actor,
    ...(comment === undefined ? {} : { comment }),
    ...(policy === undefined ? {} : { policy }),
    ...(rules >= CHECKED_RULES
      ? { evidence: evidenceOf({ ...version, verdict: undefined, reviewed: undefined }) }
      : {}),
  };
  return [{ type: 'version-reviewed', fact }];
};

const obstacleToApproval = (
  state: RegistryState,
  version: ModelVersion,
  actor: string,
): string | undefined => {
  if (!version.passed) return `${nameOf(version)} did not pass its gates: ${failuresOf(version.gates)}`;
  return notServable(version) ?? notEntitled(state, version, actor);
};

const obstacleToRejection = (state: RegistryState, { model, version }: ModelVersion): string | undefined => {
  const naming = [...state.aliases.values()].find(
    (alias) => alias.model === model && currentVersion(alias) === version,
  );
  const answering = [...state.deployments.values()].find(
    ({ fact }) => fact.model === model && fact.routes.some((route) => route.version === version),
  );
  if (!naming && answering)
    return `${nameOf({ model, version })} answers ${answering.fact.deployment}, whose rollout is under way: end it or take it back first`;
  return (
    naming && `${nameOf({ model, version })} is ${naming.alias}: roll back or promote another version first`
  );
};
