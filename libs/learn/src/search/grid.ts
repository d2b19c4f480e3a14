import { axisOf, type Axis, type ParameterValue, type ParameterValues, type SearchSpace } from './space';
import type { Contender, Point, Search } from './trial';

/**
 * Every combination, the last parameter changing fastest, kind by kind. Choices have all their values; numbers as many even steps (on
 * their scale) as keep the grid of each kind within its share of `trials`.
 */
export const gridPoints = ({ contenders, trials }: Pick<Search, 'contenders' | 'trials'>): readonly Point[] =>
  contenders
    .flatMap((contender) => pointsOf(contender, Math.max(1, Math.floor(trials / contenders.length))))
    .slice(0, trials);

/** Trials that even the coarsest grid needs: the choices' combinations. */
export const leastGrid = ({ space }: Pick<Contender, 'space'>): number => sizeOf(axesOf(space), 1);

const pointsOf = ({ kind, fixed, space }: Contender, budget: number): readonly Point[] => {
  const axes = axesOf(space);
  let steps = 1;
  while (sizeOf(axes, steps) < sizeOf(axes, steps + 1) && sizeOf(axes, steps + 1) <= budget) steps++;
  return Object.keys(space)
    .reduce<readonly ParameterValues[]>(
      (points, name, i) =>
        points.flatMap((point) => stepsOf(axes[i]!, steps).map((value) => ({ ...point, [name]: value }))),
      [{}],
    )
    .map((parameters) => ({ kind, parameters: { ...fixed, ...parameters } }));
};

const axesOf = (space: SearchSpace): Axis[] => Object.values(space).map(axisOf);

const sizeOf = (axes: readonly Axis[], steps: number): number =>
  axes.reduce((product, { isChoice, size }) => product * (isChoice ? size : Math.min(size, steps)), 1);

const stepsOf = (axis: Axis, steps: number): ParameterValue[] => {
  const { size, isChoice, valueAt } = axis;
  if (isChoice) return Array.from({ length: size }, (_, i) => valueAt(i));
  const least = valueAt(0) as number;
  if (size <= steps) return Array.from({ length: size }, (_, i) => least + i);
  if (steps === 1) return [valueAt(0.5)];
  const [from, to] = [axis.coordinateOf(least)!, axis.coordinateOf(valueAt(1))!];
  const even = Array.from({ length: steps }, (_, i) => valueAt(from + ((to - from) * i) / (steps - 1)));
  return [...new Set(even)];
};
