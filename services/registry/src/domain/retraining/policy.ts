import type { AlertTrigger, CompiledModel } from '#contracts';
import type { AlertReport } from '../inputs';
import type { OutcomeOf } from '../outcomes';
import { applied } from '../references';
import type { ModelVersion, RegistryState } from '../state';

export type Policy = NonNullable<CompiledModel['retrain']>;

/** Who asks, promotes and takes back where nobody does. */
export const TRIGGER_ACTOR = 'retraining policy';

/** What a model says now of when it is trained again, and of what follows. */
export const policyOf = (state: Pick<RegistryState, 'definitions'>, model: string): Policy | undefined =>
  applied(state, 'Model', model)?.compiled.retrain;

/** Whether nobody asked for a run. */
export const isByPolicy = ({ cause }: Pick<OutcomeOf<'training-requested'>['fact'], 'cause'>): boolean =>
  cause !== undefined && cause.trigger !== 'operator';

/** Highest version that an alias has ever named, also where it was taken back since; 0 without one. */
export const highestNamed = ({ named }: RegistryState, model: string, alias: string): number =>
  named.get(`${model}@${alias}`) ?? 0;

/**
 * The alias that the policy gives a version; undefined where it gives none. The definition that the run was asked for under must have said
 * so, and the newest one still: a policy that is written later moves nothing that stood there before.
 */
export const promotedTo = (state: RegistryState, version: ModelVersion): Policy['promote'] => {
  const run = state.runs.get(version.run);
  if (!run || !isByPolicy(run.request)) return undefined;
  const then = state.revisions.get(`Model/${version.model}@${version.revision}`) as
    { readonly compiled: CompiledModel } | undefined;
  const alias = policyOf(state, version.model)?.promote;
  return alias !== undefined && then?.compiled.retrain?.promote === alias ? alias : undefined;
};

/** A deployment of the model whose rollout is under way. */
export const rolloutUnderWay = (
  { rollouts }: Pick<RegistryState, 'rollouts'>,
  model: string,
): { readonly deployment: string; readonly version: number } | undefined => {
  for (const { deployment, model: of, status, rollout } of rollouts.values())
    if (of === model && status === 'running') return { deployment, version: rollout.version };
  return undefined;
};

type AlertKind = AlertReport['value']['fact']['kind'];

/** What each kind of alert asks for. */
export const TRIGGER_OF_ALERT: Readonly<Record<AlertKind, AlertTrigger>> = {
  'feature-drift': 'data-drift',
  'dataset-drift': 'data-drift',
  'multivariate-drift': 'data-drift',
  'missing-values': 'data-drift',
  'unseen-values': 'data-drift',
  'out-of-range': 'data-drift',
  duplicates: 'data-drift',
  freshness: 'data-drift',
  'score-drift': 'prediction-drift',
  'concept-drift': 'concept-drift',
  performance: 'performance',
  'estimated-performance': 'performance',
  'slice-performance': 'performance',
  fairness: 'performance',
};

/** In the words of policies; the largest unit that fits. */
export const spanText = (ms: number): string => {
  const [unit, size] = ([['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const).find(([, each]) => ms >= each) ?? ['s', 1_000]; // prettier-ignore
  return `${Math.round((ms / size) * 10) / 10}${unit}`;
};
