import type { EventOf, TrainingInputTrialReported, TrainingRequested } from '#contracts';
import {
  bestTrial,
  nextGeneration,
  searchFaults,
  searchOf,
  type FinishedTrial,
  type Proposal,
  type Search,
} from '#learn';

type TrainingRequest = EventOf<typeof TrainingRequested>;
export type TrialReport = EventOf<typeof TrainingInputTrialReported>;

/** The search of a run, as its trials are reported. */
export interface RunSearch {
  readonly search: Search;
  readonly metric: string;
  /** Whole generations, and what has ended of this one. */
  readonly finished: readonly FinishedTrial[];
  /** Trials of this generation without an outcome. */
  readonly open: readonly Proposal[];
  /** Of the fits so far, together. */
  readonly seconds: number;
  /** Most trials at once. */
  readonly workers: number;
  readonly budget: { readonly seconds: number };
  /** Why the first trial that failed did. */
  readonly failure?: string;
}

/** What a search came to. */
export interface Searched {
  /** The trainer as it was asked for, with its search. */
  readonly asked: TrainingRequest['trainer'];
  readonly metric: string;
  readonly best: FinishedTrial & { readonly value: number };
  /** By number. */
  readonly trials: readonly FinishedTrial[];
}

/** The beginning of the search that a request asks for, or every reason why it cannot be searched. */
export const beginSearch = ({
  task,
  trainer,
  seed,
}: TrainingRequest): RunSearch | { readonly faults: readonly string[] } => {
  const written = trainer.search!;
  const request = { task, kind: trainer.kind, parameters: trainer.parameters, seed, search: written };
  const faults = searchFaults(request);
  if (faults.length > 0) return { faults };
  const search = searchOf(request);
  return {
    search,
    metric: written.metric,
    finished: [],
    open: nextGeneration(search, []),
    seconds: 0,
    workers: written.workers ?? Infinity,
    budget: { seconds: written.seconds ?? Infinity },
  };
};

/**
 * The search after a report: one that is not waited for changes nothing. A new generation begins once every trial of the last has an
 * outcome; when the work is beyond its budget in seconds, what has none is dropped.
 */
export const evolveSearch = (state: RunSearch, report: TrialReport): RunSearch => {
  const proposal = state.open.find(({ number }) => number === report.trial - 1);
  if (!proposal) return state;
  const value = report.outcome === 'completed' ? report.value : null;
  const { trainer: kind, parameters, resource } = report;
  const finished = [...state.finished, { ...proposal, kind, parameters, resource, value }];
  const seconds = state.seconds + report.seconds;
  const open = state.open.filter((each) => each !== proposal);
  const failure = state.failure ?? (report.outcome === 'failed' ? report.message : undefined);
  const next = { ...state, finished, seconds, ...(failure !== undefined && { failure }) };
  if (seconds >= state.budget.seconds && bestTrial(state.search.better, finished))
    return { ...next, open: [] };
  return { ...next, open: open.length > 0 ? open : nextGeneration(state.search, finished) };
};

/** What it came to; undefined while trials are open, or where none has a value. */
export const outcomeOf = (
  { search, metric, finished, open }: RunSearch,
  asked: TrainingRequest['trainer'],
): Searched | undefined => {
  const best = open.length > 0 ? undefined : bestTrial(search.better, finished);
  if (best?.value === undefined || best.value === null) return undefined;
  return {
    asked,
    metric,
    best: { ...best, value: best.value },
    trials: [...finished].sort((a, b) => a.number - b.number),
  };
};
