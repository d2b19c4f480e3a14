import { Cron } from 'croner';
import { TOPICS, type AlertTrigger, type CompiledModel } from '#contracts';
import { formatPosition } from '#kernel';
import { applied } from '../domain/references';
import { TRIGGER_OF_ALERT } from '../domain/retraining/policy';
import { isAwaited } from '../domain/retraining/promotions';
import { obstacleToRun } from '../domain/retraining/triggers';
import { newestOf, runsOf, type OpenAlert, type RegistryState } from '../domain/state';

export interface Due {
  readonly model: string;
  /** Names the trigger, so that several instances, and one that is started again, ask once. */
  readonly request: string;
  readonly cause: {
    readonly trigger: 'schedule' | 'rows' | AlertTrigger;
    readonly reason: string;
    readonly reference?: string;
    readonly due?: string;
  };
}

/** A model with a policy, by the newest revision of its definition. */
interface Retrained {
  readonly name: string;
  readonly compiled: CompiledModel;
  readonly policy: NonNullable<CompiledModel['retrain']>;
  /** When that revision was applied. */
  readonly since: string;
}

const retrained = (state: RegistryState, name: string): Retrained[] => {
  const model = applied(state, 'Model', name);
  const policy = model?.compiled.retrain;
  return model && policy ? [{ name, compiled: model.compiled, policy, since: model.time }] : [];
};

const allRetrained = (state: RegistryState): Retrained[] =>
  [...state.definitions.values()].flatMap(({ kind, name }) =>
    kind === 'Model' ? retrained(state, name) : [],
  );

/** The next time of the schedule of a model, from what was seen to last; undefined without one. ISO. */
export const nextDue = (state: RegistryState, model: string): string | undefined =>
  retrained(state, model).map((found) => nextOf(state, found))[0];

const nextOf = (state: RegistryState, { name, policy, since }: Retrained): string | undefined => {
  const newest = laterOf(since, state.triggers.get(name)?.due);
  if (policy.cron !== undefined) return cronOf(policy.cron)?.nextRun(new Date(newest))?.toISOString();
  if (policy.everyMs === undefined) return undefined;
  const from = laterOf(newest, newestOf(runsOf(state, name))?.time);
  return new Date(Date.parse(from) + policy.everyMs).toISOString();
};

/** Of two ISO times. */
const laterOf = (one: string, other: string | undefined): string =>
  other !== undefined && other > one ? other : one;

/** Undefined for a line that is none: definitions from before lines were checked must not hold up the schedules of others. */
const cronOf = (line: string): Cron | undefined => {
  try {
    return new Cron(line, { timezone: 'UTC', paused: true, mode: '5-part' });
  } catch {
    return undefined;
  }
};

/**
 * What is due at `now` (epoch ms) by schedule. Of a schedule that came due several times while nobody looked, the last time
 * counts: one run catches up.
 */
export const dueBySchedule = (state: RegistryState, now: number): Due[] =>
  allRetrained(state).flatMap((found) => {
    const { name, policy } = found;
    let due = nextOf(state, found);
    if (due === undefined || Date.parse(due) > now) return [];
    const cron = policy.cron === undefined ? undefined : cronOf(policy.cron);
    for (let next = cron?.nextRun(new Date(due)); next && next.getTime() <= now; next = cron?.nextRun(next))
      due = next.toISOString();
    const reason = cron ? `cron ${policy.cron}` : `each ${policy.everyMs! / 1_000} s`;
    return [
      {
        model: name,
        request: `schedule/${name}/${due}`,
        cause: { trigger: 'schedule' as const, reason, due },
      },
    ];
  });

/**
 * Alerts that are still open while nothing stands against a run any more: an alert is raised once, and what suppressed its trigger then (a run
 * under way, the debounce, the budget, `after`) has an end. The oldest of a model asks for all; none does while a version waits for somebody.
 */
export const dueByAlert = (state: RegistryState, now: number): Due[] =>
  allRetrained(state).flatMap(({ name, policy }) => {
    const open = [...state.alerts.values()]
      .filter(({ model, kind }) => model === name && policy.on?.includes(TRIGGER_OF_ALERT[kind]))
      .sort((a, b) => a.position - b.position);
    const due = open
      .map((alert) => askedAgain(state, alert))
      .find(({ cause }) => !obstacleToRun(state, name, cause, now));
    return due && !isAwaited(state, name, due.alias) ? [due] : [];
  });

/** Asked once after what was triggered last: instances that look at one state give it one name. */
const askedAgain = (
  state: RegistryState,
  { model, deployment, kind, reference, message, time }: OpenAlert,
): Due & { readonly alias: string } => {
  const last = state.triggers.get(model)?.position ?? 0;
  return {
    model,
    request: `alert/${model}/${reference}/${formatPosition(0, last)}`,
    cause: {
      trigger: TRIGGER_OF_ALERT[kind],
      reference,
      reason: `open since ${time}: ${message}`,
    },
    alias: applied(state, 'Deployment', deployment)?.compiled.alias ?? 'champion',
  };
};

/** Services whose vectors must be counted: by model, what the last run has seen of them and how many new ones are wanted. */
export interface WatchedVolume {
  readonly model: string;
  readonly service: string;
  readonly seen: number;
  readonly wanted: number;
  readonly debounceMs: number;
}

export const watchedVolumes = (state: RegistryState): WatchedVolume[] =>
  allRetrained(state).flatMap(({ name, compiled, policy }) => {
    if (policy.rows === undefined) return [];
    const seen = seenVectors(state, name, compiled);
    return [
      { model: name, service: compiled.service, seen, wanted: policy.rows, debounceMs: policy.debounceMs },
    ];
  });

/** Due where so many vectors lie behind what the last run has seen; asked again after the debounce while it goes unanswered. */
export const dueByVolume = (
  { model, seen, wanted, debounceMs }: WatchedVolume,
  vectors: number,
  now: number,
): Due | undefined => {
  if (vectors - seen < wanted) return undefined;
  const reason = `${vectors - seen} vectors since the last run, a run each ${wanted}`;
  const turn = Math.floor(now / Math.max(debounceMs, 60_000));
  return { model, request: `rows/${model}/${seen}/${turn}`, cause: { trigger: 'rows', reason } };
};

/** Vectors up to the end of the newest cut that a run of the model was built on. */
const seenVectors = (state: RegistryState, model: string, { service }: CompiledModel): number => {
  const ends = runsOf(state, model).map(({ cut = [] }) =>
    cut.filter(({ topic }) => topic === TOPICS.vectors(service)).reduce((sum, { to }) => sum + to, 0),
  );
  return Math.max(0, ...ends);
};
