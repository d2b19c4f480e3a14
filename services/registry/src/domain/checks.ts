import { formatPosition } from '#kernel';
import type { Input } from './inputs';
import type { Outcome } from './outcomes';
import { phaseOf, type ModelVersion, type RegistryState } from './state';

/** What the check of a version found; one of another file says nothing about it. */
export const takeCheck = (state: RegistryState, { value }: Extract<Input, { type: 'check' }>): Outcome[] => {
  const { request: _, actor: __, ...check } = value;
  const version = state.versions.get(`${check.model}@${check.version}`);
  return version?.artifact === check.artifact ? [{ type: 'version-checked', fact: check }] : [];
};

/** Newest versions that should be checked without being asked: never checked, or before there were vectors to check them with. */
export const checksWanted = (state: RegistryState): ModelVersion[] =>
  [...state.latest.entries()]
    .map(([model, version]) => state.versions.get(`${model}@${version}`)!)
    .filter((version) => needsCheck(state, version));

/** Whether a check now could say more than what is known. */
export const needsCheck = (state: RegistryState, { check, service }: ModelVersion): boolean => {
  if (!check) return true;
  if (!check.ok || check.rows > 0) return false;
  const revision = state.revisions.get(`FeatureService/${service.name}@${service.revision}`);
  if (!revision || phaseOf(revision) !== 'active') return false;
  return revision.activated!.position > check.position;
};

/** The request id of a check that nobody asked for: several instances check a version at once, and one check counts. */
export const checkRequest = ({ model, version, check, position }: ModelVersion): string =>
  `check/${model}@${version}/${formatPosition(0, check?.position ?? position)}`;
