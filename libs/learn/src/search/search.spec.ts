import { log } from '#kernel';
import { TRAINERS } from '../trainers';
import { autoKinds, contenderFaults, contenderOf } from './contenders';
import { gridPoints } from './grid';
import { allot } from './resource';
import { searchFaults, searchOf, type WrittenSearch } from './resolve';
import { rungsOf } from './rungs';
import { bestTrial, leaderboard, nextGeneration } from './search';
import type { FinishedTrial, Proposal, Search, SearchMethod } from './trial';
import type { SearchSpace } from './space';

const SPACE: SearchSpace = {
  rate: { type: 'number', min: 1e-4, max: 1, scale: 'log' },
  size: { type: 'integer', min: 1, max: 20, scale: 'linear' },
  style: { type: 'choice', values: ['plain', 'fancy', 'odd'] },
};

const search = (over: Partial<Search> = {}): Search => ({
  method: 'tpe',
  seed: 1,
  trials: 40,
  better: 'lower',
  contenders: [{ kind: 'some', fixed: { kept: 7 }, defaults: {}, space: SPACE }],
  ...over,
});

/** Least, 0, at a rate of 0.01, a size of 6 and the fancy style; the rate and the size depend on each other. */
const bowl = ({ parameters }: Proposal): number => {
  const rate = log(Number(parameters['rate']) / 0.01) / log(10);
  const size = (Number(parameters['size']) - 6) / 5;
  return rate * rate + size * size + 0.5 * rate * size + (parameters['style'] === 'fancy' ? 0 : 0.7);
};

const run = (spec: Search, value: (proposal: Proposal) => number | null): FinishedTrial[] => {
  const finished: FinishedTrial[] = [];
  for (;;) {
    const next = nextGeneration(spec, finished);
    if (next.length === 0) return finished;
    finished.push(...next.map((proposal) => ({ ...proposal, value: value(proposal) })));
  }
};

const METHODS: readonly SearchMethod[] = ['random', 'tpe', 'grid', 'halving', 'hyperband'];

it.each(METHODS)('%s proposes the same whatever order the trials of a generation ended in', (method) => {
  const spec = search({ method, trials: 30 });
  const trials = run(spec, bowl);
  for (let known = 0; known < trials.length; known += nextGeneration(spec, trials.slice(0, known)).length) {
    const shuffled = trials.slice(0, known).reverse();
    expect(nextGeneration(spec, shuffled)).toEqual(nextGeneration(spec, trials.slice(0, known)));
  }
  expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i));
});

it.each(METHODS)('%s keeps within the space and the budget, and keeps what is fixed', (method) => {
  const trials = run(search({ method, trials: 30 }), bowl);
  expect(trials.length).toBeLessThanOrEqual(30);
  expect(trials.length).toBeGreaterThan(17);
  for (const { parameters } of trials) {
    const { rate, size, style, kept } = parameters;
    expect(rate).toBeGreaterThanOrEqual(1e-4);
    expect(rate).toBeLessThanOrEqual(1);
    expect([Number.isInteger(size), Number(size) >= 1, Number(size) <= 20]).toEqual([true, true, true]);
    expect(['plain', 'fancy', 'odd']).toContain(style);
    expect(kept).toBe(7);
  }
});

it('begins with the defaults of each kind, so that it is no worse than they are', () => {
  const contenders = ['one', 'two'].map((kind, i) => ({
    kind,
    fixed: {},
    defaults: { rate: 0.1 * (i + 1), size: 99 },
    space: SPACE,
  }));
  const [first, second] = run(search({ contenders, trials: 8 }), bowl);
  expect([first!.kind, first!.parameters['rate']]).toEqual(['one', 0.1]);
  expect([second!.kind, second!.parameters['rate']]).toEqual(['two', 0.2]);
  expect(first!.parameters['size']).not.toBe(99);
});

it('tpe finds better parameters than random on average, with the same budget', () => {
  const reached = (method: SearchMethod, seed: number): number =>
    bestTrial('lower', run(search({ method, seed, trials: 40 }), bowl))!.value!;
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  const [tpe, random] = (['tpe', 'random'] as const).map((method) =>
    seeds.map((seed) => reached(method, seed)),
  );
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(tpe!)).toBeLessThan(0.5 * mean(random!));
  expect(tpe!.filter((value, i) => value < random![i]!).length).toBeGreaterThanOrEqual(9);
});

it('tpe spends its trials on the kind that is better', () => {
  const contenders = ['good', 'poor'].map((kind) => ({ kind, fixed: {}, defaults: {}, space: SPACE }));
  const trials = run(search({ contenders, trials: 60 }), (proposal) =>
    proposal.kind === 'good' ? bowl(proposal) : bowl(proposal) + 5,
  );
  const late = trials.slice(12).filter(({ kind }) => kind === 'good').length;
  expect(late).toBeGreaterThan(33);
});

it('takes failed trials as bad ones, never as the best', () => {
  const trials = run(search({ trials: 24 }), (proposal) =>
    proposal.parameters['style'] === 'odd' ? null : bowl(proposal),
  );
  expect(trials.some(({ value }) => value === null)).toBe(true);
  expect(bestTrial('lower', trials)!.parameters['style']).not.toBe('odd');
  expect(leaderboard('lower', trials).at(-1)!.value).toBeNull();
  expect(
    bestTrial(
      'lower',
      run(search({ trials: 16 }), () => null),
    ),
  ).toBeUndefined();
});

it('ends with the generation once so many trials bring nothing better', () => {
  const flat = run(search({ patience: 8 }), () => 1);
  expect(flat).toHaveLength(12);
  let best = 100;
  expect(run(search({ patience: 8 }), () => best--)).toHaveLength(40);
});

it('asks a grid point by point, as fine as the budget allows', () => {
  const grid = gridPoints(search({ trials: 30 }));
  expect(grid).toHaveLength(27);
  expect(grid.slice(0, 4).map(({ parameters }) => Object.values(parameters))).toEqual([
    [7, 0.0001, 1, 'plain'],
    [7, 0.0001, 1, 'fancy'],
    [7, 0.0001, 1, 'odd'],
    [7, 0.0001, 11, 'plain'],
  ]);
  const whole: SearchSpace = { depth: { type: 'integer', min: 3, max: 6, scale: 'linear' } };
  const depths = gridPoints(search({ contenders: [{ kind: 'a', fixed: {}, defaults: {}, space: whole }] }));
  expect(depths.map(({ parameters }) => parameters['depth'])).toEqual([3, 4, 5, 6]);
});

describe('rungs', () => {
  const described = (method: 'halving' | 'hyperband', trials: number): string =>
    rungsOf(method, trials)
      .map(
        ({ size, resource, below }) =>
          `${below === undefined ? '| ' : ''}${size}x1/${Math.round(1 / resource)}`,
      )
      .join(' ');

  it('are those of Li et al. for R = 9, in turn', () => {
    expect(described('hyperband', 22)).toBe('| 9x1/9 3x1/3 1x1/1 | 5x1/3 1x1/1 | 3x1/1');
    expect(described('hyperband', 30)).toBe(
      '| 9x1/9 3x1/3 1x1/1 | 5x1/3 1x1/1 | 3x1/1 | 5x1/3 1x1/1 | 2x1/1',
    );
    expect(described('halving', 30)).toBe('| 21x1/9 7x1/3 2x1/1');
  });

  it.each(['halving', 'hyperband'] as const)(
    '%s spends no more than its budget, and all ends at full resource',
    (method) => {
      for (let trials = 1; trials < 120; trials++) {
        const rungs = rungsOf(method, trials);
        const spent = rungs.reduce((sum, { size }) => sum + size, 0);
        expect(spent).toBeLessThanOrEqual(trials);
        expect(spent).toBeGreaterThanOrEqual(Math.min(trials, 1));
        rungs.forEach(({ first, resource }, i) => {
          expect(first).toBe(rungs.slice(0, i).reduce((sum, { size }) => sum + size, 0));
          if (rungs[i + 1]?.below === undefined) expect(resource).toBe(1);
        });
      }
    },
  );

  it('promotes the best of the rung below with more resource', () => {
    const trials = run(search({ method: 'hyperband', trials: 13 }), bowl);
    const losses = trials.slice(0, 9).map(({ value }) => value!);
    const best = [...losses].sort((a, b) => a - b).slice(0, 3);
    expect(trials.slice(9, 12).map(({ promoted }) => losses[promoted!])).toEqual(best);
    expect(trials[12]).toMatchObject({ resource: 1, parameters: trials[9]!.parameters, promoted: 9 });
    expect(bestTrial('lower', trials)!.number).toBe(12);
  });

  it('means fewer trees, or fewer rows', () => {
    expect(allot('gbdt', { trees: 90, depth: 3 }, 1 / 9)).toEqual({
      parameters: { trees: 10, depth: 3 },
      rows: 1,
    });
    expect(allot('logistic', { l2: 1 }, 1 / 3)).toEqual({ parameters: { l2: 1 }, rows: 1 / 3 });
  });
});

describe('contenders', () => {
  it.each(Object.values(TRAINERS))(
    'the own space of $kind holds nothing that its trainer refuses',
    (trainer) => {
      const contender = contenderOf(trainer.kind, {});
      const trials = run(search({ method: 'random', trials: 40, contenders: [contender] }), () => 0);
      for (const { parameters } of trials) expect(trainer.faults(trainer.tasks[0]!, parameters)).toEqual([]);
    },
  );

  it('leave alone what is fixed, unless its space is written', () => {
    expect(Object.keys(contenderOf('gbdt', { depth: 4 }).space)).not.toContain('depth');
    expect(contenderOf('gbdt', { depth: 4 }, { depth: { min: 2, max: 8 } })).toEqual({
      kind: 'gbdt',
      fixed: { depth: 4 },
      defaults: { depth: 4 },
      space: { depth: { type: 'integer', min: 2, max: 8, scale: 'linear' } },
    });
  });

  it('are refused where a space leaves what the trainer takes', () => {
    expect(
      contenderFaults('gbdt', { learning_rate: { min: 0, max: 0.3 }, depth: { min: 2, max: 6 } }),
    ).toEqual(['the space of "learning_rate" is from 0 to 0.3, beyond what gbdt takes']);
  });

  it('of auto are trainers of the task', () => {
    for (const task of ['binary', 'regression'] as const)
      for (const kind of autoKinds(task))
        expect(TRAINERS[kind as keyof typeof TRAINERS]!.tasks).toContain(task);
    expect(autoKinds('binary')).toEqual(['gbdt', 'logistic']);
  });
});

describe('a search as it is written', () => {
  const written: WrittenSearch = { method: 'tpe', trials: 20, metric: 'average_precision' };
  const faultsOf = (kind: string, over: Partial<WrittenSearch>): string[] =>
    searchFaults({ task: 'binary', kind, parameters: {}, search: { ...written, ...over } });

  it('gets the kinds and spaces that nobody wrote', () => {
    const parameters = { trees: 60, l2: 3 };
    const { contenders, better } = searchOf({
      task: 'binary',
      kind: 'auto',
      parameters,
      seed: 3,
      search: written,
    });
    expect(better).toBe('higher');
    expect(contenders.map(({ kind, fixed }) => [kind, fixed])).toEqual([
      ['gbdt', { trees: 60, l2: 3 }],
      ['logistic', { l2: 3 }],
    ]);
  });

  it('is refused with every reason', () => {
    expect(faultsOf('gbdt', {})).toEqual([]);
    expect(faultsOf('gbdt', { metric: 'rmse' })).toEqual([expect.stringContaining('not by rmse')]);
    expect(faultsOf('auto', { space: { depht: { min: 1, max: 3 }, l2: { min: 0, max: 1 } } })).toEqual([
      'there is no parameter "depht" of gbdt, logistic',
    ]);
    expect(
      faultsOf('gbdt', { method: 'grid', trials: 3, space: { depth: { values: [1, 2, 3, 4] } } }),
    ).toEqual(['a grid over these values has at least 4 points, and 3 trials']);
  });
});
