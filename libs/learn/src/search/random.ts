import type { Rng } from '#kernel';
import { axisOf, drawCoordinate, type ParameterValues } from './space';
import type { Contender, Point, Search } from './trial';

/**
 * A point drawn evenly (Bergstra and Bengio, 2012): each kind in turn. The first one of each kind has the trainer's defaults, so that a
 * search is no worse than no search.
 */
export const proposeRandom = (
  { contenders }: Pick<Search, 'contenders'>,
  number: number,
  rng: Rng,
): Point => {
  const contender = contenders[number % contenders.length]!;
  const drawn = drawFrom(contender, rng);
  return number < contenders.length
    ? { ...drawn, parameters: { ...drawn.parameters, ...defaultsOf(contender) } }
    : drawn;
};

export const drawFrom = ({ kind, fixed, space }: Contender, rng: Rng): Point => {
  const drawn = Object.entries(space).map(([name, dimension]) => {
    const axis = axisOf(dimension);
    return [name, axis.valueAt(drawCoordinate(axis, rng))] as const;
  });
  return { kind, parameters: { ...fixed, ...Object.fromEntries(drawn) } };
};

/** Defaults that the space allows. */
const defaultsOf = ({ space, defaults }: Contender): ParameterValues =>
  Object.fromEntries(
    Object.entries(defaults).filter(([name, value]) => {
      const dimension = space[name];
      return dimension !== undefined && axisOf(dimension).coordinateOf(value) !== undefined;
    }),
  );
