import { DatasetBuilt, TrainingInputFitReported, TrainingRequested, type EventOf } from '#contracts';
import { Rng } from '#kernel';
import { TrainingRuns, type Work } from './training-runs';
import type { RunFact, TrainingInput } from './training-run';

type Asked = NonNullable<EventOf<typeof TrainingRequested>['trainer']['search']>;

const search: Asked = { method: 'tpe', trials: 14, metric: 'average_precision' };

const built: TrainingInput = { type: 'dataset-built', fact: DatasetBuilt.sample };
const requested = (over: Partial<Asked> = {}, kind = 'gbdt'): TrainingInput => ({
  type: 'requested',
  fact: { ...TrainingRequested.sample, trainer: { kind, parameters: {}, search: { ...search, ...over } } },
});

const begin = (over: Partial<Asked> = {}, kind?: string): { runs: TrainingRuns; facts: RunFact[] } => {
  const runs = new TrainingRuns();
  return { runs, facts: [requested(over, kind), built].flatMap((input) => runs.apply(input)) };
};

/** Higher for deeper trees. */
const valueOf = (work: Work): number => Number(work.trial!.parameters['depth'] ?? 0) / 20;

const report = (work: Work, over: object = {}): TrainingInput => ({
  type: 'trial-reported',
  fact: {
    run: 'run-0-12',
    trial: work.trial!.number + 1,
    trainer: work.trial!.kind,
    parameters: { ...work.trial!.parameters } as Record<string, number>,
    resource: work.trial!.resource,
    outcome: 'completed',
    value: valueOf(work),
    seconds: 2,
    ...over,
  } as Extract<TrainingInput, { type: 'trial-reported' }>['fact'],
});

const untilFitted = (runs: TrainingRuns, choose: (work: readonly Work[]) => Work): RunFact[] => {
  const facts: RunFact[] = [];
  for (let work = runs.work(); work[0]?.trial; work = runs.work())
    facts.push(...runs.apply(report(choose(work))));
  return facts;
};

const first = (work: readonly Work[]): Work => work[0]!;

it('begins with the trials of its first generation', () => {
  const { facts, runs } = begin();
  expect(facts.map(({ type }) => type)).toEqual([
    'requested',
    'started',
    ...Array.from({ length: 4 }, () => 'trial-started'),
  ]);
  expect(facts[1]!.fact).toMatchObject({ trainer: 'gbdt', trials: 14 });
  expect(runs.work().map(({ id }) => id)).toEqual([1, 2, 3, 4].map((n) => `run-0-12/trial-${n}`));
});

it('fits the best parameters once all trials have ended, and names them', () => {
  const { runs } = begin();
  const facts = untilFitted(runs, first);
  expect(facts.filter(({ type }) => type === 'trial-started')).toHaveLength(10);
  const values = facts.flatMap(({ fact }) => ('value' in fact ? [fact.value!] : []));
  expect(values).toHaveLength(14);
  const [work] = runs.work();
  expect(Number(work!.run.request.trainer.parameters['depth']) / 20).toBe(Math.max(...values));
  expect(work!.run.request.trainer.search).toBeUndefined();
  const [completed] = runs.apply({ type: 'fit-reported', fact: TrainingInputFitReported.sample });
  expect(completed).toMatchObject({
    type: 'completed',
    fact: {
      trainer: 'gbdt',
      parameters: work!.run.request.trainer.parameters,
      trials: 14,
      best: {
        trial: values.indexOf(Math.max(...values)) + 1,
        metric: 'average_precision',
        value: Math.max(...values),
      },
    },
  });
});

it('tries and chooses the same in whichever order trials end', () => {
  const outcome = (choose: (work: readonly Work[]) => Work, over: Partial<Asked> = {}) => {
    const { runs } = begin(over);
    const facts = untilFitted(runs, choose);
    const tried = facts.flatMap(({ type, fact }) => (type === 'trial-started' ? [fact] : []));
    return { tried, work: runs.work() };
  };
  const { tried, work } = outcome(first);
  for (const seed of [1, 2, 3]) {
    const rng = new Rng(seed);
    const other = outcome((open) => open[rng.below(open.length)]!);
    expect(other.tried).toEqual(tried);
    expect(other.work).toEqual(work);
  }
  expect(outcome((open) => open.at(-1)!, { workers: 2 }).tried).toEqual(tried);
});

it('hears a report once, and none that it does not wait for', () => {
  const { runs } = begin();
  const [one] = runs.work();
  expect(runs.apply(report(one!)).map(({ type }) => type)).toEqual(['trial-completed']);
  expect(runs.apply(report(one!, { value: 1 }))).toEqual([]);
  expect(runs.apply(report(one!, { trial: 13 }))).toEqual([]);
});

it('goes on past a trial that fails, and fails where none has a value', () => {
  const { runs } = begin({ trials: 4 });
  const failure = { outcome: 'failed', code: 'PLAYHEAD_LEARN_CRASHED', message: 'out of memory' };
  const facts = runs.work().flatMap((work) => runs.apply(report(work, failure)));
  expect(facts.map(({ type }) => type)).toEqual([
    ...Array.from({ length: 4 }, () => 'trial-failed'),
    'failed',
  ]);
  expect(facts.at(-1)!.fact).toMatchObject({
    code: 'PLAYHEAD_LEARN_INVALID',
    message: 'none of 4 trials has a value of average_precision; one said: out of memory',
  });
});

it('drops what is open once its seconds are spent and something has a value', () => {
  const { runs } = begin({ seconds: 5 });
  const [a, b, c] = runs.work();
  runs.apply(report(a!));
  runs.apply(report(b!));
  expect(runs.work()).toHaveLength(2);
  runs.apply(report(c!));
  expect(runs.work().map(({ id }) => id)).toEqual(['run-0-12']);
});

it('tries no more at once than it is allowed to', () => {
  expect(begin({ workers: 2 }).runs.work()).toHaveLength(2);
});

it('auto tries each kind', () => {
  const { facts } = begin({}, 'auto');
  const kinds = facts.flatMap(({ type, fact }) =>
    type === 'trial-started' ? [(fact as { trainer: string }).trainer] : [],
  );
  expect(kinds).toEqual(['gbdt', 'logistic', 'gbdt', 'logistic']);
});

it('is rejected where it cannot be searched', () => {
  expect(begin({ metric: 'rmse' }).facts.at(-1)).toMatchObject({
    type: 'rejected',
    fact: { code: 'PLAYHEAD_LEARN_INVALID', message: expect.stringContaining('not by rmse') as string },
  });
});
