import type { AlertKind, CompiledModel } from '#contracts';
import { formatPosition } from '#kernel';
import type { AlertReport, Input, InputPosition } from './inputs';
import type { Outcome, OutcomeOf } from './outcomes';
import { applied } from './references';
import { hasEnded, newestOf, runsOf, type RegistryState, type Run } from './state';
import { trainingRequest } from './training-request';

type Suppressed = OutcomeOf<'trigger-suppressed'>['fact'];
type Cause = Suppressed['cause'];
type Policy = NonNullable<CompiledModel['retrain']>;

/** Who asks where nobody does. */
export const TRIGGER_ACTOR = 'retraining policy';

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
  const { retrain } = model.compiled;
  const why = retrain
    ? obstacle(runsOf(state, name), retrain, at.time)
    : { code: 'no-policy' as const, reason: `model ${name} has no \`retrain\` any more` };
  if (why) return [{ type: 'trigger-suppressed', fact: { model: name, cause, ...why } }];
  const fact = trainingRequest(state, model, { actor: TRIGGER_ACTOR, cause }, at, k);
  return [{ type: 'training-requested', fact }];
};

const obstacle = (
  runs: readonly Run[],
  { debounceMs, budget }: Policy,
  time: string,
): Pick<Suppressed, 'code' | 'reason'> | undefined => {
  const now = Date.parse(time);
  const going = runs.find((run) => !hasEnded(run));
  if (going) return { code: 'under-way', reason: `${going.run} is under way` };
  const last = newestOf(runs);
  if (last && now - Date.parse(last.time) < debounceMs)
    return {
      code: 'debounced',
      reason: `${last.run} was asked for ${spanText(now - Date.parse(last.time))} ago, by policy no run sooner than ${spanText(debounceMs)} after another`,
    };
  if (!budget) return undefined;
  const spent = runs.filter(({ request, time: asked }) => {
    const byPolicy = request.cause !== undefined && request.cause.trigger !== 'operator';
    return byPolicy && now - Date.parse(asked) < budget.perMs;
  });
  if (spent.length < budget.runs) return undefined;
  return {
    code: 'budget',
    reason: `${spent.length} runs by policy within ${spanText(budget.perMs)}, the budget is ${budget.runs}`,
  };
};

const spanText = (ms: number): string => {
  const [unit, size] = ([['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const).find(([, each]) => ms >= each) ?? ['s', 1_000]; // prettier-ignore
  return `${Math.round((ms / size) * 10) / 10}${unit}`;
};

const TRIGGER_OF_ALERT: Readonly<Partial<Record<AlertKind, Cause['trigger']>>> = {
  'feature-drift': 'data-drift',
  'dataset-drift': 'data-drift',
  'multivariate-drift': 'data-drift',
  'missing-values': 'data-drift',
  'unseen-values': 'data-drift',
  'out-of-range': 'data-drift',
  'score-drift': 'prediction-drift',
  'concept-drift': 'concept-drift',
  performance: 'performance',
  'estimated-performance': 'performance',
  'slice-performance': 'performance',
  fairness: 'performance',
};

/** An alert asks for a run where the policy of the model listens to it. */
export const onAlert = (
  state: RegistryState,
  { value: { reference, fact } }: AlertReport,
  at: InputPosition,
): Outcome[] => {
  const named = TRIGGER_OF_ALERT[fact.kind];
  const policy = applied(state, 'Model', fact.model)?.compiled.retrain;
  if (!named || !policy?.on?.some((listened) => listened === named)) return [];
  return trigger(state, fact.model, { trigger: named, reference, reason: fact.message }, at);
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
