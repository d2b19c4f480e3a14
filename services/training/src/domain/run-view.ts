import type { EventOf, TrainingRunProgressed } from '#contracts';
import type { RunFact } from './training-run';

export type RunProgress = Omit<EventOf<typeof TrainingRunProgressed>, 'run' | 'model'>;

/** A run as the doors show it. */
export interface RunView {
  readonly run: string;
  readonly model: string;
  readonly state: RunFact['type'];
  /** When each state began: append time of what decided it. */
  readonly times: Readonly<Partial<Record<RunFact['type'], string>>>;
  readonly progress?: RunProgress;
  /** What the facts say beside: data set, rows, trainer, parameters, seed; metrics and digests, or code and message. */
  readonly [field: string]: unknown;
}

/** A run's view after one more of its facts; facts of one run come in their order. */
export const evolveRunView = (view: RunView | undefined, { type, fact }: RunFact, time: string): RunView => ({
  ...view,
  ...fact,
  state: type,
  times: { ...view?.times, [type]: time },
});
