import { failuresOf } from './gates';
import { applied } from './references';
import { currentVersion, phaseOf, type ModelVersion, type RegistryState } from './state';

/** From which rules on a version must have been checked before it gets an alias, and decisions name their evidence. */
export const CHECKED_RULES = 2;

/** Why a version cannot have an alias, whoever asks and however it gets there; undefined where it can. */
export const obstacleTo = (
  state: RegistryState,
  version: ModelVersion,
  alias: string,
): string | undefined => {
  const name = nameOf(version);
  if (!version.passed && !isForTrying(state, version.model, alias))
    return `${name} did not pass its gates: ${failuresOf(version.gates)}`;
  if (version.verdict?.verdict === 'rejected')
    return `${name} was rejected by ${version.verdict.reviewed_by}`;
  const { service } = version;
  for (const { fact } of state.deployments.values()) {
    if (fact.model !== version.model || fact.alias !== alias || fact.service.name === service.name) continue;
    return `${name} reads feature service ${service.name}, deployment ${fact.deployment} reads ${fact.service.name} for ever`;
  }
  const revision = state.revisions.get(`FeatureService/${service.name}@${service.revision}`);
  const reads = `${name} reads revision ${service.revision} of feature service ${service.name}`;
  if (revision?.retired) return `${reads}, which is retired: train again`;
  if (revision && phaseOf(revision) === 'warming')
    return `${reads}, which no vector carries yet: it is warm on ${revision.warm.length} of ${revision.places ?? 'its'} partitions; promote when it is active`;
  return undefined;
};

/** As `obstacleTo`, with what a promotion needs beside and a way back does not: the environment before, a comparison that still holds, approval, a check. */
export const obstacleToPromotion = (
  state: RegistryState,
  version: ModelVersion,
  alias: string,
  rules: number,
): string | undefined =>
  obstacleTo(state, version, alias) ??
  environmentSkipped(state, version, alias) ??
  (isForTrying(state, version.model, alias)
    ? undefined
    : (comparisonOutdated(state, version) ?? approvalMissing(state, version))) ??
  (rules >= CHECKED_RULES ? checkMissing(version) : undefined);

/** `dev` of a model with environments is for versions that nobody has judged yet. */
const isForTrying = (state: RegistryState, model: string, alias: string): boolean =>
  alias === 'dev' && environmentsOf(state, model).includes('dev');

const environmentsOf = (state: RegistryState, model: string): readonly string[] =>
  applied(state, 'Model', model)?.compiled.environments ?? [];

const environmentSkipped = (
  state: RegistryState,
  version: ModelVersion,
  alias: string,
): string | undefined => {
  const { model } = version;
  const environments = environmentsOf(state, model);
  const before = environments[environments.indexOf(alias) - 1];
  if (before === undefined || wasNamedBy(state, version, before)) return undefined;
  return `${nameOf(version)} was not in ${before}; \`models promote ${nameOf(version)} --to ${before}\` comes before ${alias}`;
};

/** A version that was rolled back does not count as having been there. */
const wasNamedBy = (state: RegistryState, { model, version }: ModelVersion, alias: string): boolean =>
  state.aliases.get(`${model}@${alias}`)?.history.includes(version) ?? false;

/** A version was compared with those that the aliases named when its run was asked for; by now another one may have to be beaten. */
export const comparisonOutdated = (state: RegistryState, version: ModelVersion): string | undefined => {
  for (const { against, version: compared } of version.gates) {
    const named = against === undefined ? undefined : state.aliases.get(`${version.model}@${against}`);
    if (!named) continue;
    const current = currentVersion(named);
    if (current === compared || current === version.version) continue;
    const then = compared === undefined ? 'with none' : `with version ${compared}`;
    return `${nameOf(version)} was compared ${then}, and ${against} is version ${current} by now: train again`;
  }
  return undefined;
};

/** Who asked for a version: by four eyes, somebody else approves it. */
export const requesterOf = (state: RegistryState, { run }: ModelVersion): string | undefined =>
  state.runs.get(run)?.request.requested_by;

/** Which policy of its model an approval would keep; undefined where none is needed. */
export const approvalRule = (state: RegistryState, model: string): 'one' | 'four-eyes' | undefined => {
  const approval = applied(state, 'Model', model)?.compiled.approval;
  return approval?.required ? approval.rule : undefined;
};

/** `Ada` is no second person beside `ada`, nor is ` ada`. */
const isSame = (one: string, other: string): boolean => plainName(one) === plainName(other);

const plainName = (name: string): string =>
  name
    .replace(/\u00ad/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

/** Why somebody's approval does not count; undefined where it does. */
export const notEntitled = (
  state: RegistryState,
  version: ModelVersion,
  actor: string,
): string | undefined => {
  const rule = approvalRule(state, version.model);
  if (rule === undefined) return undefined;
  if (isSame(actor, 'anonymous'))
    return `an approval needs a name: say who approves, with --as or X-Playhead-Actor`;
  const requester = requesterOf(state, version);
  if (rule === 'four-eyes' && requester !== undefined && isSame(requester, 'anonymous'))
    return `nobody knows who asked for ${nameOf(version)}, so nobody can be somebody else: train it with --as`;
  if (rule === 'four-eyes' && requester !== undefined && isSame(actor, requester))
    return `${actor} asked for ${nameOf(version)}: by four eyes somebody else approves it`;
  return undefined;
};

export const approvalMissing = (state: RegistryState, version: ModelVersion): string | undefined => {
  const rule = approvalRule(state, version.model);
  if (rule === undefined) return undefined;
  const { verdict } = version;
  const how = `\`models approve ${nameOf(version)} --as WHO\``;
  const who =
    rule === 'four-eyes'
      ? `somebody else than ${requesterOf(state, version) ?? 'who asked for it'}`
      : 'somebody';
  if (verdict?.verdict !== 'approved') return `${nameOf(version)} needs the approval of ${who}: ${how}`;
  const reason = notEntitled(state, version, verdict.reviewed_by);
  return reason && `the approval of ${nameOf(version)} does not count any more: ${reason}`;
};

const checkMissing = (version: ModelVersion): string | undefined => {
  const { check } = version;
  if (!check)
    return `${nameOf(version)} is not checked yet: whether it loads and answers; ask again in a moment`;
  return check.ok ? undefined : notServable(version);
};

/** Why a version that was checked cannot serve; undefined where it can or was not checked. */
export const notServable = (version: ModelVersion): string | undefined =>
  version.check && !version.check.ok
    ? `${nameOf(version)} cannot be served: ${version.check.reason ?? 'its check failed'}`
    : undefined;

export const nameOf = ({ model, version }: Pick<ModelVersion, 'model' | 'version'>): string =>
  `${model}@${version}`;
