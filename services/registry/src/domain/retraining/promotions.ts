import { failuresOf } from '../gates';
import { evidenceOf } from '../evidence';
import {
  approvalMissing,
  CHECKED_RULES,
  comparisonOutdated,
  nameOf,
  notServable,
  obstacleToPromotion,
} from '../obstacles';
import type { Outcome, OutcomeOf } from '../outcomes';
import { currentVersion, type ModelVersion, type RegistryState } from '../state';
import { highestNamed, promotedTo, rolloutUnderWay, TRIGGER_ACTOR } from './policy';

type Withheld = Pick<OutcomeOf<'promotion-withheld'>['fact'], 'code' | 'reason' | 'waits'>;
type Alias = NonNullable<ReturnType<typeof promotedTo>>;

/**
 * What follows by policy from what has just been decided: of each model the newest version that nothing stands against gets the alias that
 * its policy names; of the others it is said, once for each reason, why they do not. A version that the alias has named before, or that is older than
 * one it has named, never comes back by policy.
 */
export const policyPromotions = (state: RegistryState, outcomes: readonly Outcome[]): Outcome[] =>
  outcomes.length === 0 ? [] : [...state.latest.entries()].flatMap(([model]) => movesOf(state, model));

const movesOf = (state: RegistryState, model: string): Outcome[] => {
  const withheld: Outcome[] = [];
  for (const { version, alias } of candidates(state, model)) {
    const why = whyNot(state, version, alias);
    if (why === 'unchecked') continue;
    if (!why) return [...withheld, promotion(state, version, alias)];
    if (why.code !== version.withheld?.code) withheld.push(saidOf(version, alias, why));
  }
  return withheld;
};

interface Candidate {
  readonly version: ModelVersion;
  readonly alias: Alias;
}

/** Versions of runs by policy that are newer than what their alias has ever named, the newest first. */
const candidates = (state: RegistryState, model: string): Candidate[] => {
  const found: Candidate[] = [];
  for (let number = state.latest.get(model) ?? 0; number > 0; number--) {
    const version = state.versions.get(`${model}@${number}`)!;
    const alias = promotedTo(state, version);
    if (alias === undefined) continue;
    if (number <= highestNamed(state, model, alias)) break;
    found.push({ version, alias });
  }
  return found;
};

/** Versions that only a check is missing for: whoever has hands sees to it. */
export const awaitingCheck = (state: RegistryState): ModelVersion[] =>
  [...state.latest.entries()].flatMap(([model]) =>
    candidates(state, model)
      .filter(({ version, alias }) => whyNot(state, version, alias) === 'unchecked')
      .map(({ version }) => version),
  );

const whyNot = (
  state: RegistryState,
  version: ModelVersion,
  alias: Alias,
): Withheld | 'unchecked' | undefined => {
  const name = nameOf(version);
  if (!version.passed) return final('gates', `${name} did not pass its gates: ${failuresOf(version.gates)}`);
  if (version.verdict?.verdict === 'rejected')
    return final('rejected', `${name} was rejected by ${version.verdict.reviewed_by}`);
  const outdated = comparisonOutdated(state, version);
  if (outdated !== undefined) return final('outdated', outdated);
  const unservable = notServable(version);
  if (unservable !== undefined) return final('check', unservable);
  const rollout = rolloutUnderWay(state, version.model);
  if (rollout)
    return waiting(
      'rollout-under-way',
      `${name} waits: version ${rollout.version} is being rolled out on deployment ${rollout.deployment}`,
    );
  const approval = approvalMissing(state, version);
  if (approval !== undefined) return waiting('approval', approval);
  if (!version.check) return 'unchecked';
  const other = obstacleToPromotion(state, version, alias, CHECKED_RULES);
  return other === undefined ? undefined : waiting('obstacle', other);
};

const final = (code: Withheld['code'], reason: string): Withheld => ({ code, reason, waits: false });
const waiting = (code: Withheld['code'], reason: string): Withheld => ({ code, reason, waits: true });

const saidOf = (version: ModelVersion, alias: Alias, why: Withheld): Outcome => ({
  type: 'promotion-withheld',
  fact: {
    model: version.model,
    version: version.version,
    alias,
    run: version.run,
    ...why,
    evidence: evidenceOf(version),
  },
});

const promotion = (state: RegistryState, version: ModelVersion, alias: Alias): Outcome => {
  const { model, version: number, run } = version;
  const before = state.aliases.get(`${model}@${alias}`);
  const { cause } = state.runs.get(run)!.request;
  const reference = cause?.reference;
  const isAlert = reference?.startsWith('monitoring.alerts:');
  return {
    type: 'alias-assigned',
    fact: {
      model,
      alias,
      version: number,
      previous: before ? currentVersion(before) : null,
      cause: 'promotion',
      reason: `version ${number} of ${run}, which ${cause!.trigger} asked for, passed its gates`,
      policy: 'retraining',
      assigned_by: TRIGGER_ACTOR,
      evidence: [
        ...(reference !== undefined && isAlert ? [{ kind: 'alert' as const, id: reference }] : []),
        ...evidenceOf(version),
      ],
    },
  };
};

/** Whether a person, or the rollout of another version, has still to do with a version that an alert led to: another run would only make another such. */
export const isAwaited = (state: RegistryState, model: string, alias: string): boolean => {
  const version = state.versions.get(`${model}@${state.latest.get(model) ?? 0}`);
  if (!version || version.version <= highestNamed(state, model, alias)) return false;
  if (!version.passed || version.verdict?.verdict === 'rejected') return false;
  return version.withheld?.waits ?? true;
};
