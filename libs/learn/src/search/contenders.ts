import { TRAINERS } from '../trainers';
import type { Task } from '../data-set';
import type { ParameterSpec, ParameterSpecs } from '../parameters';
import type { Trainer } from '../trainer';
import type { Contender } from './trial';
import type { Dimension, ParameterValues, SearchSpace } from './space';

/** A dimension as somebody writes it, `min` and `max` or `values`: the parameter's type is its trainer's. */
export interface WrittenDimension {
  readonly min?: number;
  readonly max?: number;
  readonly scale?: 'linear' | 'log';
  readonly values?: readonly (number | string | boolean)[];
}

export type WrittenSpace = Readonly<Record<string, WrittenDimension>>;

/** What is searched where nobody says otherwise, widely but not to the ends of what the trainer takes. */
const SPACES: Readonly<Record<string, SearchSpace>> = {
  gbdt: {
    trees: { type: 'integer', min: 50, max: 400, scale: 'log' },
    depth: { type: 'integer', min: 3, max: 10, scale: 'linear' },
    learning_rate: { type: 'number', min: 0.02, max: 0.3, scale: 'log' },
    l2: { type: 'number', min: 0.01, max: 100, scale: 'log' },
    min_child_weight: { type: 'number', min: 0.1, max: 100, scale: 'log' },
    subsample: { type: 'number', min: 0.5, max: 1, scale: 'linear' },
    feature_fraction: { type: 'number', min: 0.5, max: 1, scale: 'linear' },
  },
  logistic: { l2: { type: 'number', min: 1e-4, max: 1e4, scale: 'log' } },
  linear: { l2: { type: 'number', min: 1e-4, max: 1e4, scale: 'log' } },
};

/** What `auto` tries, where nobody says otherwise: trainers that need nothing but the data. */
const AUTO: Readonly<Record<Task, readonly string[]>> = {
  binary: ['gbdt', 'logistic'],
  multiclass: ['gbdt', 'logistic'],
  regression: ['gbdt', 'linear'],
  anomaly: ['isolation-forest', 'kmeans'],
  ranking: ['gbdt'],
};

export const autoKinds = (task: Task): readonly string[] =>
  AUTO[task].filter((kind) => trainerIfKnown(kind)?.tasks.includes(task));

/**
 * A kind with what is searched of it: the space as written, for the parameters that this kind has; without one, the kind's own, without
 * the parameters that are fixed. Names are sorted: the order in which somebody wrote them decides nothing.
 */
export const contenderOf = (kind: string, fixed: ParameterValues, written?: WrittenSpace): Contender => {
  const specs = trainerIfKnown(kind)?.parameters;
  const space = written ? readSpace(specs, written) : spaceOf(kind);
  const names = Object.keys(space)
    .filter((name) => written !== undefined || !(name in fixed))
    .sort();
  return {
    kind,
    fixed,
    defaults: Object.fromEntries(
      names.flatMap((name) => {
        const value = fixed[name] ?? specs?.[name]?.default;
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    space: Object.fromEntries(names.map((name) => [name, space[name]!])),
  };
};

/** Every reason why nothing can be searched of `kind` as written; empty when it can. */
export const contenderFaults = (kind: string, written: WrittenSpace = {}): string[] => {
  const specs = trainerIfKnown(kind)?.parameters;
  if (!specs) return [];
  return Object.entries(written).flatMap(([name, dimension]) => {
    const spec = specs[name];
    if (!spec) return [];
    const isNumber = spec.type === 'integer' || spec.type === 'number';
    if (!isNumber && !dimension.values)
      return [`"${name}" of ${kind} is no number: write \`values\`, not \`min\` and \`max\``];
    if (!isNumber || dimension.values) return [];
    const { min = NaN, max = NaN } = dimension;
    const inside = (spec.aboveMin ? min > spec.min : min >= spec.min) && max <= spec.max;
    return inside ? [] : [`the space of "${name}" is from ${min} to ${max}, beyond what ${kind} takes`];
  });
};

/** Undefined for a command. */
export const trainerIfKnown = (kind: string): Trainer | undefined =>
  Object.hasOwn(TRAINERS, kind) ? TRAINERS[kind as keyof typeof TRAINERS] : undefined;

const spaceOf = (kind: string): SearchSpace =>
  SPACES[kind] ??
  Object.fromEntries(
    Object.entries(trainerIfKnown(kind)?.parameters ?? {}).flatMap(([name, spec]) => {
      const dimension = around(spec);
      return dimension ? [[name, dimension]] : [];
    }),
  );

/** A tenth to ten times the default, within what the trainer takes; nothing for parameters that name features. */
const around = (spec: ParameterSpec): Dimension | undefined => {
  switch (spec.type) {
    case 'boolean':
      return { type: 'choice', values: [false, true] };
    case 'choice':
      return { type: 'choice', values: spec.values };
    case 'integer':
    case 'number': {
      if (!(spec.default > 0)) return undefined;
      const [low, high] = [Math.max(spec.min, spec.default / 10), Math.min(spec.max, spec.default * 10)];
      const [min, max] =
        spec.type === 'integer' ? [Math.max(1, Math.ceil(low)), Math.floor(high)] : [low, high];
      return min > 0 && min < max ? { type: spec.type, min, max, scale: 'log' } : undefined;
    }
    default:
      return undefined;
  }
};

/** A trainer that says nothing of its parameters (a command) gets whole numbers where both ends are whole and far apart. */
const readSpace = (specs: ParameterSpecs | undefined, written: WrittenSpace): SearchSpace =>
  Object.fromEntries(
    Object.entries(written)
      .filter(([name]) => !specs || name in specs)
      .map(([name, dimension]) => [name, readDimension(specs?.[name], dimension)]),
  );

const readDimension = (spec: ParameterSpec | undefined, written: WrittenDimension): Dimension => {
  const { min = 0, max = 1, scale = 'linear', values } = written;
  if (values) return { type: 'choice', values };
  const isWhole = spec
    ? spec.type === 'integer'
    : Number.isInteger(min) && Number.isInteger(max) && max - min > 1;
  return { type: isWhole ? 'integer' : 'number', min, max, scale };
};
