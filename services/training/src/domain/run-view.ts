import type { EventOf, TrainingRunProgressed } from '#contracts';
import { METRICS, leaderboard, type MetricName } from '#learn';
import type { RunFact } from './training-run';
import type { TrialFact } from './trial-facts';

export type RunProgress = Omit<EventOf<typeof TrainingRunProgressed>, 'run' | 'model'>;

/** What is told of a run itself, not of its trials. */
export type LifeFact = Exclude<RunFact, TrialFact>;

/** A run as the doors show it. */
export interface RunView {
  readonly run: string;
  readonly model: string;
  readonly state: LifeFact['type'];
  /** When each state began: append time of what decided it. */
  readonly times: Readonly<Partial<Record<LifeFact['type'], string>>>;
  readonly progress?: RunProgress;
  /** What the facts say beside: data set, rows, trainer, parameters, seed; metrics and digests, or code and message. */
  readonly [field: string]: unknown;
}

/** A run's view after one more of its facts; facts of one run come in their order. */
export const evolveRunView = (
  view: RunView | undefined,
  { type, fact }: LifeFact,
  time: string,
): RunView => ({
  ...view,
  ...fact,
  state: type,
  times: { ...view?.times, [type]: time },
});

export interface TrialView extends Omit<
  Extract<TrialFact, { type: 'trial-started' }>['fact'],
  'run' | 'model'
> {
  readonly state: 'started' | 'completed' | 'failed';
  readonly metric?: string;
  readonly value?: number | null;
  readonly seconds?: number;
  readonly code?: string;
  readonly message?: string;
}

export const isTrialFact = (fact: RunFact): fact is TrialFact => fact.type.startsWith('trial-');

export const trialView = ({ type, fact }: TrialFact): TrialView => {
  const { run: _, model: __, ...trial } = fact;
  return { ...trial, state: type.slice('trial-'.length) as TrialView['state'] };
};

/** Best first: by resource, then value; then those without a value, by number. */
export const rankTrials = (trials: readonly TrialView[]): readonly TrialView[] => {
  const metric = trials.find((trial) => trial.metric !== undefined)?.metric;
  const better = metric === undefined ? 'higher' : METRICS[metric as MetricName].better;
  const ranked = trials.map((trial) => ({
    number: trial.trial,
    kind: trial.trainer,
    parameters: trial.parameters,
    resource: trial.resource,
    value: trial.value ?? null,
    trial,
  }));
  return leaderboard(better, ranked).map(({ trial }) => trial);
};
