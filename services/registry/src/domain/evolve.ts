import { tryParsePosition } from '#kernel';
import { decide } from './decide';
import { deploymentUpdates, retirements } from './deployments';
import {
  askedIn,
  type AlertReport,
  type Input,
  type InputPosition,
  type RolloutReport,
  type RunReport,
} from './inputs';
import { noteAfter } from './notes';
import type { Outcome } from './outcomes';
import { experimentMoves } from './rollouts/experiments';
import { rolloutMoves } from './rollouts/moves';
import { evolveRollout } from './rollouts/rollout';
import {
  hasEnded,
  noteKey,
  noteOf,
  phaseOf,
  type AppliedDefinition,
  type Decided,
  type RegistryState,
  type RunStatus,
  type Trigger,
} from './state';
import { alertsAfter } from './retraining/open-alerts';
import { policyPromotions } from './retraining/promotions';
import { onDefinitions } from './retraining/triggers';
import { warmPlaces } from './warm-places';

/** The state after an outcome. */
export const evolve = (state: RegistryState, outcome: Outcome, decided: Decided): RegistryState => {
  switch (outcome.type) {
    case 'definition-applied': {
      const { fact } = outcome;
      const key = `${fact.kind}/${fact.name}`;
      // The first revision of a service counts at once, as every other definition: no vector was made before it.
      const activated = fact.kind !== 'FeatureService' || fact.revision === '1' ? decided : null;
      const definition = { ...fact, ...decided, activated, warm: [], places: null, retired: false };
      return {
        ...state,
        definitions: new Map(state.definitions).set(key, definition),
        revisions: state.revisions.set(`${key}@${fact.revision}`, definition),
      };
    }
    case 'definition-activated':
      return revised(state, outcome.fact, { activated: decided });
    case 'definition-retired':
      return revised(state, outcome.fact, { retired: true });
    case 'training-requested': {
      const { fact: request } = outcome;
      const run = {
        run: request.run,
        request,
        status: 'requested' as const,
        cancellationRequested: false,
        ...decided,
        updated: decided.time,
      };
      const { model, cause } = request;
      const runs = state.runs.set(run.run, run);
      return { ...state, runs, ...(cause && { triggers: triggersAfter(state, { model, cause }, decided) }) };
    }
    case 'trigger-suppressed':
      return { ...state, triggers: triggersAfter(state, outcome.fact, decided) };
    case 'cancellation-requested': {
      const run = state.runs.get(outcome.fact.run)!;
      return {
        ...state,
        runs: state.runs.set(run.run, { ...run, cancellationRequested: true, updated: decided.time }),
      };
    }
    case 'command-refused': {
      const { request, code, message } = outcome.fact;
      return {
        ...state,
        requests: state.requests.set(request, {
          ...state.requests.get(request)!,
          refused: { code, message },
        }),
      };
    }
    case 'version-registered': {
      const { fact } = outcome;
      return {
        ...state,
        versions: state.versions.set(`${fact.model}@${fact.version}`, { ...fact, ...decided }),
        latest: state.latest.set(fact.model, fact.version),
        runs: state.runs.set(fact.run, { ...state.runs.get(fact.run)!, version: fact.version }),
      };
    }
    case 'version-reviewed': {
      const key = `${outcome.fact.model}@${outcome.fact.version}`;
      return {
        ...state,
        versions: state.versions.set(key, {
          ...state.versions.get(key)!,
          verdict: outcome.fact,
          reviewed: decided,
        }),
      };
    }
    case 'version-checked': {
      const key = `${outcome.fact.model}@${outcome.fact.version}`;
      const check = { ...outcome.fact, ...decided };
      return { ...state, versions: state.versions.set(key, { ...state.versions.get(key)!, check }) };
    }
    case 'model-noted': {
      const { model, version } = outcome.fact;
      const note = noteAfter(noteOf(state, model, version), outcome.fact);
      return { ...state, notes: state.notes.set(noteKey(model, version), note) };
    }
    case 'alias-assigned': {
      const { model, alias, version, cause, policy } = outcome.fact;
      const key = `${model}@${alias}`;
      const before = state.aliases.get(key)?.history ?? [];
      const history = cause === 'promotion' ? [...before, version] : wayBack(before, version);
      const promoted = state.promotions.get(model);
      const takenBack = cause !== 'promotion';
      return {
        ...state,
        aliases: state.aliases.set(key, { model, alias, history, ...decided }),
        named: state.named.set(key, Math.max(state.named.get(key) ?? 0, version)),
        ...(policy && {
          promotions: state.promotions.set(
            model,
            takenBack ? { ...promoted!, takenBack } : { model, alias, version, takenBack, ...decided },
          ),
        }),
      };
    }
    case 'alias-removed': {
      const { model, alias } = outcome.fact;
      return { ...state, aliases: state.aliases.delete(`${model}@${alias}`) };
    }
    case 'promotion-withheld': {
      const key = `${outcome.fact.model}@${outcome.fact.version}`;
      const withheld = { ...outcome.fact, ...decided };
      return { ...state, versions: state.versions.set(key, { ...state.versions.get(key)!, withheld }) };
    }
    case 'rollout-changed': {
      const { deployment } = outcome.fact;
      const rollout = evolveRollout(state.rollouts.get(deployment), outcome.fact, decided);
      return { ...state, rollouts: state.rollouts.set(deployment, rollout) };
    }
    case 'experiment-weighed': {
      const { fact } = outcome;
      return { ...state, experiments: state.experiments.set(fact.deployment, { ...fact, ...decided }) };
    }
    case 'webhook-set': {
      const { fact } = outcome;
      return { ...state, webhooks: state.webhooks.set(fact.webhook, { ...fact, ...decided }) };
    }
    case 'webhook-removed':
      return { ...state, webhooks: state.webhooks.delete(outcome.fact.webhook) };
    case 'replay-reported': {
      const { fact } = outcome;
      return { ...state, replays: state.replays.set(fact.replay, { ...fact, ...decided }) };
    }
    case 'deployment-updated': {
      const { fact } = outcome;
      return { ...state, deployments: state.deployments.set(fact.deployment, { fact, ...decided }) };
    }
  }
};

/** History up to the last time that a version was named before; one that never was, under this alias, is added. */
const wayBack = (history: readonly number[], version: number): readonly number[] => {
  const at = history.length > 1 ? history.lastIndexOf(version, history.length - 2) : -1;
  return at < 0 ? [...history, version] : history.slice(0, at + 1);
};

const triggersAfter = (
  { triggers }: RegistryState,
  { model, cause, ...refused }: Omit<Trigger, keyof Decided | 'due'> & { readonly model: string },
  decided: Decided,
): RegistryState['triggers'] => {
  const due = cause.due ?? triggers.get(model)?.due;
  return triggers.set(model, { cause, ...refused, ...(due === undefined ? {} : { due }), ...decided });
};

/** A revision that is as it was but for some members. */
const revised = (
  state: RegistryState,
  { name, revision }: { readonly name: string; readonly revision: string },
  change: Partial<AppliedDefinition>,
): RegistryState => {
  const key = `FeatureService/${name}`;
  const definition = { ...state.revisions.get(`${key}@${revision}`)!, ...change };
  const revisions = state.revisions.set(`${key}@${revision}`, definition);
  if (state.definitions.get(key)?.revision !== revision) return { ...state, revisions };
  return { ...state, revisions, definitions: new Map(state.definitions).set(key, definition) };
};

export interface Applied {
  readonly state: RegistryState;
  readonly outcomes: readonly Outcome[];
}

/**
 * Folds one input: what it leads to, what that means for deployments, and which feature revisions nobody needs any more then. An input
 * that was folded before (its request id, or its place in `training.runs`) changes nothing.
 */
export const apply = (state: RegistryState, input: Input, at: InputPosition): Applied => {
  // Append times are not promised to rise; what is asked as of a time needs that they do not fall.
  const decided: Decided = { position: at.offset, time: at.time > state.time ? at.time : state.time };
  if (isRepeated(state, input)) return { state: { ...state, ...decided }, outcomes: [] };
  const outcomes: Outcome[] = [];
  let next = note(state, input, decided);
  const follow = (more: readonly Outcome[]): void => {
    outcomes.push(...more);
    next = more.reduce((now, outcome) => evolve(now, outcome, decided), next);
  };
  const decidedNow = decide(state, input, at);
  follow(decidedNow);
  follow(onDefinitions(next, input, decidedNow, at));
  follow(rolloutMoves(next, input, decidedNow, at));
  follow(experimentMoves(next, input, decidedNow));
  follow(deploymentUpdates(next));
  // As if somebody had asked for it right behind the input: a rollout begins from what answers by now.
  const promoted = policyPromotions(next, outcomes);
  if (promoted.length > 0) {
    follow(promoted);
    follow(rolloutMoves(next, input, promoted, at));
    follow(deploymentUpdates(next));
  }
  follow(retirements(next));
  return { state: next, outcomes };
};

const isRepeated = (state: RegistryState, input: Input): boolean => {
  if (input.type === 'run') return offsetOf(input) <= state.reported;
  if (input.type === 'alert') return offsetOf(input) <= state.alerted;
  if (input.type === 'rollout-report') return offsetOf(input) <= state.judged;
  // A place that was said to be warm before changes nothing.
  return input.type !== 'revision' && state.requests.has(input.value.request);
};

/** The offset in its own topic that a report names. */
const offsetOf = ({ value }: RunReport | AlertReport | RolloutReport): number => {
  const position = tryParsePosition(value.reference.slice(value.reference.lastIndexOf(':') + 1));
  return position?.offset ?? Number.MAX_SAFE_INTEGER;
};

/** What is remembered of an input itself, whatever follows from it. */
const note = (state: RegistryState, input: Input, decided: Decided): RegistryState => {
  const moved = { ...state, ...decided };
  if (input.type === 'revision') {
    const { fact } = input.value;
    const known = state.revisions.get(`FeatureService/${fact.service}@${fact.revision}`);
    if (!known || known.digest !== fact.digest || phaseOf(known) !== 'warming') return moved;
    const named = { name: fact.service, revision: fact.revision };
    return revised(moved, named, { warm: warmPlaces(known, fact), places: fact.places });
  }
  if (input.type === 'alert')
    return { ...moved, alerted: offsetOf(input), alerts: alertsAfter(state, input, decided) };
  if (input.type === 'rollout-report') return { ...moved, judged: offsetOf(input) };
  if (input.type !== 'run') {
    const engine = input.type === 'definitions' ? input.value.engine : state.engine;
    const outcome = { ...decided, asked: askedIn(input) };
    return { ...moved, engine, requests: state.requests.set(input.value.request, outcome) };
  }
  const noted = { ...moved, reported: offsetOf(input) };
  const run = state.runs.get(input.value.fact.run);
  if (!run || hasEnded(run)) return noted;
  const { value: report } = input;
  const status = STATUS_AFTER[report.type];
  const cut = report.type === 'training.run.started' ? report.fact.cut : run.cut;
  const moving = { ...run, status, report, updated: decided.time, ...(cut && { cut }) };
  return { ...noted, runs: state.runs.set(run.run, moving) };
};

const STATUS_AFTER = {
  'training.run.started': 'started',
  'training.run.completed': 'completed',
  'training.run.failed': 'failed',
  'training.run.cancelled': 'cancelled',
  'training.run.rejected': 'rejected',
} as const satisfies Record<RunReport['value']['type'], RunStatus>;
