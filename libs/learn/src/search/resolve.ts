import type { Task } from '../data-set';
import { METRICS, metricsOfTask, type MetricName } from '../evaluate';
import { trainerOf } from '../trainers';
import { autoKinds, contenderFaults, contenderOf, trainerIfKnown, type WrittenSpace } from './contenders';
import { leastGrid } from './grid';
import type { Search, SearchMethod } from './trial';
import { spaceFaults, type ParameterValues } from './space';

/** What somebody asks of a search, as a definition says it. */
export interface WrittenSearch {
  readonly method: SearchMethod;
  readonly trials: number;
  readonly metric: string;
  readonly patience?: number;
  readonly space?: WrittenSpace;
  readonly kinds?: readonly string[];
}

export interface SearchRequest {
  readonly task: Task;
  /** `auto` for several kinds. */
  readonly kind: string;
  readonly parameters: ParameterValues;
  readonly seed: number;
  readonly search: WrittenSearch;
}

/** The search that is asked for, with what nobody wrote filled in. */
export const searchOf = ({ task, kind, parameters, seed, search }: SearchRequest): Search => ({
  method: search.method,
  seed,
  trials: search.trials,
  better: METRICS[search.metric as MetricName].better,
  ...(search.patience !== undefined && { patience: search.patience }),
  contenders: kindsOf(task, kind, search).map((each) =>
    contenderOf(each, kind === 'auto' ? ownOf(each, parameters) : parameters, search.space),
  ),
});

/** Every reason why a trainer, `auto` or `command` among them, cannot be used as a definition says; empty when it can. */
export const trainerFaults = (
  kind: string,
  task: string,
  parameters: Readonly<Record<string, unknown>>,
  search?: WrittenSearch,
): readonly string[] => [
  ...(kind === 'auto' || kind === 'command' ? [] : trainerOf(kind).faults(task as Task, parameters)),
  ...(search
    ? searchFaults({ task: task as Task, kind, parameters: parameters as ParameterValues, search })
    : []),
];

/** Every reason why this cannot be searched; empty when it can. */
export const searchFaults = (request: Omit<SearchRequest, 'seed'>): string[] => {
  const { task, kind, search } = request;
  const kinds = kindsOf(task, kind, search);
  const metrics: readonly string[] = metricsOfTask(task);
  const faults = [
    ...(metrics.includes(search.metric)
      ? []
      : [`a search for ${task} goes by ${metrics.join(', ')}; not by ${search.metric}`]),
    ...(kinds.length > 0 ? [] : [`auto knows no trainer for ${task}; write \`kinds\``]),
    ...kinds.flatMap((each) => contenderFaults(each, search.space)),
    ...Object.keys({ ...search.space, ...(kind === 'auto' ? request.parameters : {}) })
      .filter((name) => kinds.every((each) => !mayHave(each, name)))
      .map((name) => `there is no parameter "${name}" of ${kinds.join(', ')}`),
  ];
  if (faults.length > 0) return faults;
  const { contenders, trials, method } = searchOf({ ...request, seed: 0 });
  const least = contenders.reduce((sum, contender) => sum + leastGrid(contender), 0);
  return [
    ...contenders.flatMap(({ space }) => spaceFaults(space)),
    ...(method === 'grid' && least > trials
      ? [`a grid over these values has at least ${least} points, and ${trials} trials`]
      : []),
  ];
};

const kindsOf = (task: Task, kind: string, { kinds }: WrittenSearch): readonly string[] =>
  kind === 'auto' ? (kinds ?? autoKinds(task)) : [kind];

/** Of the parameters of `auto`, those that this kind has. */
const ownOf = (kind: string, parameters: ParameterValues): ParameterValues =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => mayHave(kind, name)));

/** Nobody knows what a command has. */
const mayHave = (kind: string, name: string): boolean => {
  const specs = trainerIfKnown(kind)?.parameters;
  return specs === undefined || name in specs;
};
