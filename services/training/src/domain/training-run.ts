import type {
  CancellationRequested,
  DatasetBuilt,
  DatasetFailed,
  EventOf,
  TrainingInputFitReported,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunRejected,
  TrainingRunRequested,
  TrainingRunStarted,
} from '#contracts';
import { isOnlineKind, trialsOf } from '#learn';
import {
  beginSearch,
  evolveSearch,
  outcomeOf,
  type RunSearch,
  type Searched,
  type TrialReport,
} from './run-search';
import { describeTrial, trialFacts, type TrialFact } from './trial-facts';

export type TrainingRequest = EventOf<typeof TrainingRequested>;
export type Dataset = EventOf<typeof DatasetBuilt>;
export type FitReport = EventOf<typeof TrainingInputFitReported>;

/** What is said about a run on `training.inputs`. */
export type TrainingInput =
  | { readonly type: 'requested'; readonly fact: TrainingRequest }
  | { readonly type: 'cancellation-requested'; readonly fact: EventOf<typeof CancellationRequested> }
  | { readonly type: 'dataset-built'; readonly fact: Dataset }
  | { readonly type: 'dataset-failed'; readonly fact: EventOf<typeof DatasetFailed> }
  | { readonly type: 'trial-reported'; readonly fact: TrialReport }
  | { readonly type: 'fit-reported'; readonly fact: FitReport };

export type RunEnd =
  | { readonly type: 'completed'; readonly fact: EventOf<typeof TrainingRunCompleted> }
  | { readonly type: 'failed'; readonly fact: EventOf<typeof TrainingRunFailed> }
  | { readonly type: 'cancelled'; readonly fact: EventOf<typeof TrainingRunCancelled> }
  | { readonly type: 'rejected'; readonly fact: EventOf<typeof TrainingRunRejected> };

/** What is announced about a run on `training.runs`: requested, started, its trials if it searches, then exactly one end. */
export type RunFact =
  | { readonly type: 'requested'; readonly fact: EventOf<typeof TrainingRunRequested> }
  | { readonly type: 'started'; readonly fact: EventOf<typeof TrainingRunStarted> }
  | TrialFact
  | RunEnd;

type DatasetInput = Extract<TrainingInput, { type: 'dataset-built' | 'dataset-failed' }>;

/** A run that looks for its parameters. */
export interface SearchingRun {
  readonly status: 'searching';
  readonly request: TrainingRequest;
  readonly dataset: Dataset;
  readonly search: RunSearch;
}

/** A run whose fit has no outcome yet: all that the fit needs. */
export interface FittingRun {
  readonly status: 'fitting';
  /** After a search, with the trainer and the parameters that it chose. */
  readonly request: TrainingRequest;
  readonly dataset: Dataset;
  readonly searched?: Searched;
}

/** `unrequested`: two routers feed the inputs, so the data set of a run may be there before its request. */
export type TrainingRun =
  | { readonly status: 'unknown' }
  | { readonly status: 'unrequested'; readonly dataset: DatasetInput }
  | { readonly status: 'waiting'; readonly request: TrainingRequest }
  | SearchingRun
  | FittingRun
  | { readonly status: 'ended'; readonly request: TrainingRequest; readonly end: RunEnd };

export const initialRun: TrainingRun = { status: 'unknown' };

/** The run after an input. Whatever comes after the end, or again, changes nothing. */
export const evolve = (run: TrainingRun, input: TrainingInput): TrainingRun => {
  switch (run.status) {
    case 'unknown':
      if (input.type === 'requested') return { status: 'waiting', request: input.fact };
      return isDataset(input) ? { status: 'unrequested', dataset: input } : run;
    case 'unrequested':
      return input.type === 'requested' ? withDataset(input.fact, run.dataset) : run;
    case 'waiting':
      if (input.type === 'cancellation-requested') return ended(run.request, cancelled(run.request));
      return isDataset(input) ? withDataset(run.request, input) : run;
    case 'searching':
      if (input.type === 'cancellation-requested') return ended(run.request, cancelled(run.request));
      return input.type === 'trial-reported' ? withTrial(run, input.fact) : run;
    case 'fitting':
      if (input.type === 'cancellation-requested') return ended(run.request, cancelled(run.request));
      return input.type === 'fit-reported' ? ended(run.request, endOf(run, input.fact)) : run;
    case 'ended':
      return run;
  }
};

/** What an input makes known: one fact for each line that the run crosses. */
export const decide = (run: TrainingRun, input: TrainingInput): readonly RunFact[] => {
  const next = evolve(run, input);
  const facts: RunFact[] = [];
  if (!isRequested(run) && isRequested(next))
    facts.push({ type: 'requested', fact: identityOf(next.request) });
  if (!isAtWork(run) && isAtWork(next)) facts.push({ type: 'started', fact: startOf(next) });
  if (isRequested(next))
    facts.push(...trialFacts(identityOf(next.request), searchIn(run), searchIn(next), reportIn(input)));
  if (run.status !== 'ended' && next.status === 'ended') facts.push(next.end);
  return facts;
};

const reportIn = (input: TrainingInput): TrialReport | undefined =>
  input.type === 'trial-reported' ? input.fact : undefined;

const searchIn = (run: TrainingRun): RunSearch | undefined =>
  run.status === 'searching' ? run.search : undefined;

type AtWork = SearchingRun | FittingRun;

const isAtWork = (run: TrainingRun): run is AtWork => run.status === 'searching' || run.status === 'fitting';

type Requested = Exclude<TrainingRun, { status: 'unknown' | 'unrequested' }>;

const isRequested = (run: TrainingRun): run is Requested =>
  run.status !== 'unknown' && run.status !== 'unrequested';

const isDataset = (input: TrainingInput): input is DatasetInput =>
  input.type === 'dataset-built' || input.type === 'dataset-failed';

const withDataset = (request: TrainingRequest, dataset: DatasetInput): TrainingRun => {
  if (dataset.type === 'dataset-built') return beginWork(request, dataset.fact);
  const { code, message } = dataset.fact;
  return ended(request, { type: 'rejected', fact: { ...identityOf(request), code, message } });
};

const beginWork = (request: TrainingRequest, dataset: Dataset): TrainingRun => {
  if (!request.trainer.search) return { status: 'fitting', request, dataset };
  const begun = beginSearch(request);
  if ('search' in begun) return { status: 'searching', request, dataset, search: begun };
  const message = `cannot search:\n  - ${begun.faults.join('\n  - ')}`;
  return ended(request, {
    type: 'rejected',
    fact: { ...identityOf(request), code: 'PLAYHEAD_LEARN_INVALID', message },
  });
};

/** After its last trial, a run is fitted with the best parameters on all training rows. */
const withTrial = (run: SearchingRun, report: TrialReport): TrainingRun => {
  const { request, dataset } = run;
  const search = evolveSearch(run.search, report);
  if (search.open.length > 0) return { ...run, search };
  const searched = outcomeOf(search, request.trainer);
  if (!searched) return ended(request, fruitless(request, search));
  const { trainer: kind, parameters } = describeTrial(searched.best);
  const { search: _, ...trainer } = request.trainer;
  return {
    status: 'fitting',
    request: { ...request, trainer: { ...trainer, kind, parameters } },
    dataset,
    searched,
  };
};

const fruitless = (request: TrainingRequest, { finished, metric, failure }: RunSearch): RunEnd =>
  failed(
    request,
    'PLAYHEAD_LEARN_INVALID',
    `none of ${finished.length} trials has a value of ${metric}${failure === undefined ? '' : `; one said: ${failure}`}`,
  );

const ended = (request: TrainingRequest, end: RunEnd): TrainingRun => ({ status: 'ended', request, end });

const identityOf = ({ run, model }: TrainingRequest): { run: string; model: string } => ({ run, model });

const failed = (request: TrainingRequest, code: string, message: string, logs?: string): RunEnd => ({
  type: 'failed',
  fact: { ...identityOf(request), code, message, ...(logs !== undefined && { logs }) },
});

const cancelled = (request: TrainingRequest): RunEnd => ({ type: 'cancelled', fact: identityOf(request) });

/** What a start and a completion say alike. */
const describe = ({ request, dataset }: AtWork) => ({
  ...identityOf(request),
  dataset: dataset.digest,
  rows: { train: dataset.train.rows, holdout: dataset.holdout.rows },
  trainer: request.trainer.kind,
  parameters: request.trainer.parameters,
  seed: request.seed,
});

const startOf = (run: AtWork): EventOf<typeof TrainingRunStarted> => ({
  ...describe(run),
  ...(run.status === 'searching' && { trials: trialsOf(run.search.search) }),
  dataset_manifest: run.dataset.manifest,
  cut: run.dataset.cut,
});

const endOf = (run: FittingRun, report: FitReport): RunEnd => {
  const { request, searched } = run;
  switch (report.outcome) {
    case 'completed': {
      const { run: _, outcome: __, ...fitted } = report;
      return {
        type: 'completed',
        fact: {
          ...describe(run),
          task: request.task,
          ...(isOnlineKind(request.trainer.kind) && { origin: 'online' as const }),
          ...fitted,
          ...(searched && describeSearch(searched)),
        },
      };
    }
    case 'failed':
      return failed(request, report.code, report.message, report.logs);
    case 'cancelled':
      return cancelled(request);
  }
};

const describeSearch = ({ trials, metric, best }: Searched) => ({
  trials: trials.length,
  best: { trial: best.number + 1, metric, value: best.value },
});
