import { isOnlineKind, type Proposal } from '#learn';
import type { OnlineWork } from './online-work';
import {
  decide,
  evolve,
  initialRun,
  type FittingRun,
  type RunFact,
  type SearchingRun,
  type TrainingInput,
  type TrainingRun,
} from './training-run';

/** Every run that `training.inputs` tells of, in the order in which they were first heard of. */
export class TrainingRuns {
  private readonly runs = new Map<string, TrainingRun>();

  /** Applies an input and gives what it makes known. */
  apply(input: TrainingInput): readonly RunFact[] {
    const run = this.runs.get(input.fact.run) ?? initialRun;
    this.runs.set(input.fact.run, evolve(run, input));
    return decide(run, input);
  }

  /** What should be fitted now: the model of each run that knows its parameters, and the trials of those that search. */
  work(): readonly Work[] {
    return [...this.runs.values()].flatMap(workOf);
  }

  /** What models that learn label by label need. */
  online(): OnlineWork {
    const requests = [...this.runs.values()].flatMap((run) =>
      'request' in run && isOnlineKind(run.request.trainer.kind) ? [run] : [],
    );
    return {
      models: [...new Map(requests.map(({ request }) => [request.model, request])).values()],
      waiting: requests.flatMap(({ status, request }) => (status === 'waiting' ? [request] : [])),
    };
  }
}

/** One fit; `id` is the run's, or `<run>/trial-<number from 1>`. */
export type Work =
  | { readonly id: string; readonly run: FittingRun; readonly trial?: undefined }
  | { readonly id: string; readonly run: SearchingRun; readonly trial: Proposal };

const workOf = (run: TrainingRun): readonly Work[] => {
  switch (run.status) {
    case 'fitting':
      return [{ id: run.request.run, run }];
    case 'searching':
      return run.search.open
        .slice(0, run.search.workers)
        .map((trial) => ({ id: `${run.request.run}/trial-${trial.number + 1}`, run, trial }));
    default:
      return [];
  }
};
