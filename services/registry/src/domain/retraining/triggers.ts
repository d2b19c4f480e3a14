import { formatPosition } from '#kernel';
import type { AlertReport, Input, InputPosition } from '../inputs';
import type { Outcome, OutcomeOf } from '../outcomes';
import { applied } from '../references';
import { hasEnded, newestOf, runsOf, type RegistryState } from '../state';
import { trainingRequest } from '../training-request';
import { alertsAfter, isAboutWhoAnswers } from './open-alerts';
import {
  isByPolicy,
  policyOf,
  rolloutUnderWay,
  spanText,
  TRIGGER_ACTOR,
  TRIGGER_OF_ALERT,
  type Policy,
} from './policy';
import { takeBackByAlert } from './way-back';

type Suppressed = OutcomeOf<'trigger-suppressed'>['fact'];
type Cause = Suppressed['cause'];
type Obstacle = Pick<Suppressed, 'code' | 'reason'>;

/** A run by policy: asked for, or why it is not. Every trigger is a fact, with its cause. */
export const trigger = (
  state: RegistryState,
  name: string,
  cause: Cause,
  at: InputPosition,
  k = 0,
): Outcome[] => {
  const model = applied(state, 'Model', name);
  if (!model) return [];
  const why = obstacleToRun(state, name, cause, Date.parse(at.time));
  if (why) return [{ type: 'trigger-suppressed', fact: { model: name, cause, ...why } }];
  const fact = trainingRequest(state, model, { actor: TRIGGER_ACTOR, cause }, at, k);
  return [{ type: 'training-requested', fact }];
};

/** Why no run is asked for at `now` (epoch ms); undefined where one is. */
export const obstacleToRun = (
  state: RegistryState,
  model: string,
  cause: Cause,
  now: number,
): Obstacle | undefined => {
  const policy = policyOf(state, model);
  if (!policy) return { code: 'no-policy', reason: `model ${model} has no \`retrain\` any more` };
  return (
    underWay(state, model, policy) ??
    (isOfAlert(cause) ? alertObstacle(state, policy, cause, now) : undefined) ??
    tooSoon(state, model, policy, now)
  );
};

/** A second run, or one beside a version that is just being tried, could change nothing that the first does not. */
const underWay = (state: RegistryState, model: string, { promote }: Policy): Obstacle | undefined => {
  const going = runsOf(state, model).find((run) => !hasEnded(run));
  if (going) return { code: 'under-way', reason: `${going.run} is under way` };
  const rollout = promote === undefined ? undefined : rolloutUnderWay(state, model);
  return (
    rollout && {
      code: 'rollout-under-way',
      reason: `version ${rollout.version} is being rolled out on deployment ${rollout.deployment}`,
    }
  );
};

const isOfAlert = ({ trigger: named }: Cause): boolean =>
  Object.values<string>(TRIGGER_OF_ALERT).includes(named);

const alertObstacle = (
  state: RegistryState,
  { afterMs = 0 }: Policy,
  { reference }: Cause,
  now: number,
): Obstacle | undefined => {
  const alert = [...state.alerts.values()].find((open) => open.reference === reference);
  if (!alert) return { code: 'resolved', reason: 'the alert is over' };
  const { version, deployment } = alert;
  if (!isAboutWhoAnswers(state, alert))
    return { code: 'replaced', reason: `version ${version} does not answer ${deployment} any more` };
  const open = now - Date.parse(alert.time);
  return open >= afterMs
    ? undefined
    : {
        code: 'settling',
        reason: `the alert is open for ${spanText(open)}, by policy it asks for a run after ${spanText(afterMs)}`,
      };
};

const tooSoon = (
  state: RegistryState,
  model: string,
  { debounceMs, budget }: Policy,
  now: number,
): Obstacle | undefined => {
  const runs = runsOf(state, model);
  const last = newestOf(runs);
  if (last && now - Date.parse(last.time) < debounceMs)
    return {
      code: 'debounced',
      reason: `${last.run} was asked for ${spanText(now - Date.parse(last.time))} ago, by policy no run sooner than ${spanText(debounceMs)} after another`,
    };
  if (!budget) return undefined;
  const spent = runs.filter(
    ({ request, time: asked }) => isByPolicy(request) && now - Date.parse(asked) < budget.perMs,
  );
  if (spent.length < budget.runs) return undefined;
  return {
    code: 'budget',
    reason: `${spent.length} runs by policy within ${spanText(budget.perMs)}, the budget is ${budget.runs}`,
  };
};

/** An alert takes back what the policy has just promoted, or asks for a run; where the policy of the model listens to it. */
export const onAlert = (state: RegistryState, input: AlertReport, at: InputPosition): Outcome[] => {
  const { value } = input;
  if (value.type === 'monitoring.alert.resolved') return [];
  const { reference, fact } = value;
  const back = takeBackByAlert(state, { reference, fact }, at);
  if (back.length > 0) return back;
  const named = TRIGGER_OF_ALERT[fact.kind];
  if (!policyOf(state, fact.model)?.on?.includes(named)) return [];
  const alerts = alertsAfter(state, input, { position: at.offset, time: at.time });
  return trigger({ ...state, alerts }, fact.model, { trigger: named, reference, reason: fact.message }, at);
};

/** Models whose policy listens to definitions, and whose own, or what they read, has just become another. */
export const onDefinitions = (
  state: RegistryState,
  input: Input,
  outcomes: readonly Outcome[],
  at: InputPosition,
): Outcome[] => {
  if (input.type !== 'definitions') return [];
  const changed = outcomes.flatMap((outcome) =>
    outcome.type === 'definition-applied' && outcome.fact.revision !== '1'
      ? [`${outcome.fact.kind}/${outcome.fact.name}`]
      : [],
  );
  const reference = `registry.inputs:${formatPosition(0, at.offset)}`;
  const models = [...state.definitions.values()].filter(({ kind }) => kind === 'Model');
  const due = models.flatMap(({ name }) => {
    const { compiled } = applied(state, 'Model', name)!;
    if (!compiled.retrain?.on?.includes('definition')) return [];
    const reads = [`Model/${name}`, `FeatureService/${compiled.service}`, `Label/${compiled.label}`];
    const because = reads.filter((key) => changed.includes(key));
    return because.length === 0 ? [] : [{ name, reason: `${because.join(' and ')} changed` }];
  });
  return due.flatMap(({ name, reason }, k) =>
    trigger(state, name, { trigger: 'definition', reference, reason }, at, k),
  );
};
