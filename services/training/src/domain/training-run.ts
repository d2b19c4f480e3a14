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

export type TrainingRequest = EventOf<typeof TrainingRequested>;
export type Dataset = EventOf<typeof DatasetBuilt>;
export type FitReport = EventOf<typeof TrainingInputFitReported>;

/** What is said about a run on `training.inputs`. */
export type TrainingInput =
  | { readonly type: 'requested'; readonly fact: TrainingRequest }
  | { readonly type: 'cancellation-requested'; readonly fact: EventOf<typeof CancellationRequested> }
  | { readonly type: 'dataset-built'; readonly fact: Dataset }
  | { readonly type: 'dataset-failed'; readonly fact: EventOf<typeof DatasetFailed> }
  | { readonly type: 'fit-reported'; readonly fact: FitReport };

export type RunEnd =
  | { readonly type: 'completed'; readonly fact: EventOf<typeof TrainingRunCompleted> }
  | { readonly type: 'failed'; readonly fact: EventOf<typeof TrainingRunFailed> }
  | { readonly type: 'cancelled'; readonly fact: EventOf<typeof TrainingRunCancelled> }
  | { readonly type: 'rejected'; readonly fact: EventOf<typeof TrainingRunRejected> };

/** What is announced about a run on `training.runs`: requested, started, then exactly one end. */
export type RunFact =
  | { readonly type: 'requested'; readonly fact: EventOf<typeof TrainingRunRequested> }
  | { readonly type: 'started'; readonly fact: EventOf<typeof TrainingRunStarted> }
  | RunEnd;

type DatasetInput = Extract<TrainingInput, { type: 'dataset-built' | 'dataset-failed' }>;

/** A run whose fit has no outcome yet: all that the fit needs. */
export interface FittingRun {
  readonly status: 'fitting';
  readonly request: TrainingRequest;
  readonly dataset: Dataset;
}

/** `unrequested`: two routers feed the inputs, so the data set of a run may be there before its request. */
export type TrainingRun =
  | { readonly status: 'unknown' }
  | { readonly status: 'unrequested'; readonly dataset: DatasetInput }
  | { readonly status: 'waiting'; readonly request: TrainingRequest }
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
  if (run.status !== 'fitting' && next.status === 'fitting')
    facts.push({ type: 'started', fact: startOf(next) });
  if (run.status !== 'ended' && next.status === 'ended') facts.push(next.end);
  return facts;
};

type Requested = Exclude<TrainingRun, { status: 'unknown' | 'unrequested' }>;

const isRequested = (run: TrainingRun): run is Requested =>
  run.status !== 'unknown' && run.status !== 'unrequested';

const isDataset = (input: TrainingInput): input is DatasetInput =>
  input.type === 'dataset-built' || input.type === 'dataset-failed';

const withDataset = (request: TrainingRequest, dataset: DatasetInput): TrainingRun => {
  if (dataset.type === 'dataset-built') return { status: 'fitting', request, dataset: dataset.fact };
  const { code, message } = dataset.fact;
  return ended(request, { type: 'rejected', fact: { ...identityOf(request), code, message } });
};

const ended = (request: TrainingRequest, end: RunEnd): TrainingRun => ({ status: 'ended', request, end });

const identityOf = ({ run, model }: TrainingRequest): { run: string; model: string } => ({ run, model });

const cancelled = (request: TrainingRequest): RunEnd => ({ type: 'cancelled', fact: identityOf(request) });

/** What a start and a completion say alike. */
const describe = ({ request, dataset }: FittingRun) => ({
  ...identityOf(request),
  dataset: dataset.digest,
  rows: { train: dataset.train.rows, holdout: dataset.holdout.rows },
  trainer: request.trainer.kind,
  parameters: request.trainer.parameters,
  seed: request.seed,
});

const startOf = (run: FittingRun): EventOf<typeof TrainingRunStarted> => ({
  ...describe(run),
  dataset_manifest: run.dataset.manifest,
  cut: run.dataset.cut,
});

const endOf = (run: FittingRun, report: FitReport): RunEnd => {
  const { request } = run;
  switch (report.outcome) {
    case 'completed': {
      const { artifact, profile, manifest, metrics, seconds } = report;
      return {
        type: 'completed',
        fact: { ...describe(run), task: request.task, artifact, profile, manifest, metrics, seconds },
      };
    }
    case 'failed':
      return { type: 'failed', fact: { ...identityOf(request), code: report.code, message: report.message } };
    case 'cancelled':
      return cancelled(request);
  }
};
