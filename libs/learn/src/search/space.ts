import { exp, log, type Rng } from '#kernel';

/** A value that a parameter of a trainer may have. */
export type ParameterValue = number | string | boolean | readonly string[] | Readonly<Record<string, number>>;

export type ParameterValues = Readonly<Record<string, ParameterValue>>;

export interface NumberDimension {
  readonly type: 'integer' | 'number';
  readonly min: number;
  readonly max: number;
  /** `log`: orders of magnitude are equally likely; `min` must be above 0. */
  readonly scale: 'linear' | 'log';
}

/** One of some values, which have no order. */
export interface ChoiceDimension {
  readonly type: 'choice';
  readonly values: readonly ParameterValue[];
}

/** What a search may choose for one parameter. */
export type Dimension = NumberDimension | ChoiceDimension;

export type SearchSpace = Readonly<Record<string, Dimension>>;

/**
 * A dimension seen by a sampler: a number lies at a coordinate in [0, 1] (whole numbers in the middle of equal cells, before the scale),
 * a choice has the index of its value.
 */
export interface Axis {
  /** Equal cells of whole numbers, values of a choice; Infinity for a number. */
  readonly size: number;
  readonly isChoice: boolean;
  /** Nearest coordinate of a value; undefined where it cannot have been chosen here. */
  coordinateOf(value: ParameterValue): number | undefined;
  valueAt(coordinate: number): ParameterValue;
  /** The coordinates that give the same value: [from, to]. Of a number and a choice, the coordinate itself twice. */
  cellAt(coordinate: number): readonly [number, number];
}

/** Numbers are rounded to so many digits: a fact that a person reads. */
const DIGITS = 6;

export const axisOf = (dimension: Dimension): Axis =>
  dimension.type === 'choice' ? choiceAxis(dimension) : numberAxis(dimension);

const choiceAxis = ({ values }: ChoiceDimension): Axis => {
  const texts = values.map((value) => JSON.stringify(value));
  return {
    size: values.length,
    isChoice: true,
    coordinateOf: (value) => {
      const index = texts.indexOf(JSON.stringify(value));
      return index < 0 ? undefined : index;
    },
    valueAt: (coordinate) => values[coordinate]!,
    cellAt: (coordinate) => [coordinate, coordinate],
  };
};

const numberAxis = ({ type, min, max, scale }: NumberDimension): Axis => {
  const isInteger = type === 'integer';
  const [to, from] = scale === 'log' ? [log, exp] : [identity, identity];
  const low = to(isInteger ? min - 0.5 : min);
  const width = to(isInteger ? max + 0.5 : max) - low;
  const unit = (x: number): number => (width === 0 ? 0.5 : clamp((to(x) - low) / width, 0, 1));
  const valueAt = (coordinate: number): number => {
    const x = from(low + coordinate * width);
    return clamp(isInteger ? Math.round(x) + 0 : Number(x.toPrecision(DIGITS)), min, max);
  };
  return {
    size: isInteger ? max - min + 1 : min === max ? 1 : Infinity,
    isChoice: false,
    coordinateOf: (value) =>
      typeof value === 'number' && value >= min && value <= max && (!isInteger || Number.isInteger(value))
        ? unit(value)
        : undefined,
    valueAt,
    cellAt: (coordinate) => {
      if (!isInteger) return [coordinate, coordinate];
      const value = valueAt(coordinate);
      return [unit(value - 0.5), unit(value + 0.5)];
    },
  };
};

/** A place drawn evenly. */
export const drawCoordinate = ({ isChoice, size }: Axis, rng: Rng): number =>
  isChoice ? rng.below(size) : rng.uniform();

/** Every reason why nothing can be searched here; empty when it can. */
export const spaceFaults = (space: SearchSpace): string[] =>
  Object.entries(space).flatMap(([name, dimension]) => dimensionFaults(name, dimension));

const dimensionFaults = (name: string, dimension: Dimension): string[] => {
  if (dimension.type === 'choice')
    return dimension.values.length > 0 ? [] : [`the space of "${name}" has no values`];
  const { type, min, max, scale } = dimension;
  const faults: string[] = [];
  if (!(min <= max)) faults.push(`the space of "${name}" has min ${min} above max ${max}`);
  if (scale === 'log' && !(min > 0))
    faults.push(`the space of "${name}" has a log scale, so min must be above 0, not ${min}`);
  if (type === 'integer' && !(Number.isInteger(min) && Number.isInteger(max)))
    faults.push(`"${name}" is a whole number; its space is from ${min} to ${max}`);
  return faults;
};

const identity = (x: number): number => x;
const clamp = (x: number, min: number, max: number): number => Math.min(max, Math.max(min, x));
