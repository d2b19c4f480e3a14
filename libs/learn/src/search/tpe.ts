import type { Rng } from '#kernel';
import { ParzenEstimator } from './parzen';
import { drawFrom, proposeRandom } from './random';
import { axisOf } from './space';
import { lossOf, type Contender, type FinishedTrial, type Point, type Proposal, type Search } from './trial';

/** Trials at random before the history is asked. */
const STARTUP = 10;
/** Trials of a kind at random before its history is asked. */
const KIND_STARTUP = 4;
const CANDIDATES = 24;

/** How many of `trials` count as good: Optuna's share. */
export const goodOf = (trials: number): number => Math.min(Math.ceil(0.1 * trials), 25);

export interface Known {
  readonly number: number;
  /** In order. */
  readonly history: readonly FinishedTrial[];
  /** Of the same generation: taken as bad, so that two do not ask the same. */
  readonly pending: readonly Proposal[];
  readonly rng: Rng;
}

/**
 * The tree-structured Parzen estimator (Bergstra et al., 2011): of some points drawn where good trials are dense, the one that is
 * most likely among the good beside the bad. The kind is drawn first; its parameters are then a search of its own.
 */
export const proposeTpe = (search: Pick<Search, 'contenders' | 'better'>, known: Known): Point => {
  const { number, history, pending, rng } = known;
  if (history.length < STARTUP) return proposeRandom(search, number, rng);
  const contender = chooseKind(search, history, rng);
  const own = history.filter(({ kind }) => kind === contender.kind);
  if (own.length < KIND_STARTUP) return drawFrom(contender, rng);
  const [good, bad] = split(search.better, own);
  return proposeAmong(
    contender,
    good,
    [...bad, ...pending.filter(({ kind }) => kind === contender.kind)],
    rng,
  );
};

const chooseKind = (
  { contenders, better }: Pick<Search, 'contenders' | 'better'>,
  history: readonly FinishedTrial[],
  rng: Rng,
): Contender => {
  if (contenders.length === 1) return contenders[0]!;
  const axis = axisOf({ type: 'choice', values: contenders.map(({ kind }) => kind) });
  const [good] = split(better, history);
  const among = new ParzenEstimator(
    [axis],
    coordinates(good, ({ kind }) => [axis.coordinateOf(kind)]),
  );
  return contenders[among.draw(rng)[0]!]!;
};

/** Both in the order of their trials. */
const split = (
  better: Search['better'],
  trials: readonly FinishedTrial[],
): [good: FinishedTrial[], bad: FinishedTrial[]] => {
  const ranked = [...trials].sort((a, b) => lossOf(better, a) - lossOf(better, b) || a.number - b.number);
  const good = new Set(ranked.slice(0, goodOf(trials.length)).filter(({ value }) => value !== null));
  return [trials.filter((trial) => good.has(trial)), trials.filter((trial) => !good.has(trial))];
};

const proposeAmong = (
  { kind, fixed, space }: Contender,
  good: readonly Proposal[],
  bad: readonly Proposal[],
  rng: Rng,
): Point => {
  const names = Object.keys(space);
  const axes = names.map((name) => axisOf(space[name]!));
  const density = (trials: readonly Proposal[]): ParzenEstimator =>
    new ParzenEstimator(
      axes,
      coordinates(trials, ({ parameters }) =>
        axes.map((axis, i) => axis.coordinateOf(parameters[names[i]!]!)),
      ),
    );
  const [likely, unlikely] = [density(good), density(bad)];
  let best: readonly number[] = [];
  let most = -Infinity;
  for (let i = 0; i < CANDIDATES; i++) {
    const candidate = likely.draw(rng);
    const gain = likely.logDensity(candidate) - unlikely.logDensity(candidate);
    if (gain > most || i === 0) [best, most] = [candidate, gain];
  }
  const chosen = names.map((name, i) => [name, axes[i]!.valueAt(best[i]!)] as const);
  return { kind, parameters: { ...fixed, ...Object.fromEntries(chosen) } };
};

/** Of the trials that lie in the space as it is. */
const coordinates = <T>(
  trials: readonly T[],
  of: (trial: T) => readonly (number | undefined)[],
): readonly (readonly number[])[] =>
  trials.map(of).filter((point): point is readonly number[] => point.every((each) => each !== undefined));
