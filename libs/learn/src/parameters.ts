interface Described {
  readonly meaning: string;
  /** What other libraries call it; only used to suggest the right name. */
  readonly aka?: readonly string[];
}

export interface NumberSpec extends Described {
  readonly type: 'integer' | 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** True when `min` itself is not allowed. */
  readonly aboveMin?: boolean;
}

export interface BooleanSpec extends Described {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface ChoiceSpec extends Described {
  readonly type: 'choice';
  readonly values: readonly string[];
  readonly default: string;
}

/** The name of a feature; '' is none, where that is the default. */
export interface NameSpec extends Described {
  readonly type: 'name';
  readonly default: string;
}

/** Names of features. */
export interface NamesSpec extends Described {
  readonly type: 'names';
  readonly default: readonly string[];
}

/** A number for each name. */
export interface NumbersSpec extends Described {
  readonly type: 'numbers';
  /** What the names are: features of the data, or classes (as text). */
  readonly of: 'features' | 'classes';
  readonly default: Readonly<Record<string, number>>;
  readonly min: number;
  readonly max: number;
}

/** A parameter of a trainer: what it means, what it is when not given, and what it may be. */
export type ParameterSpec = NumberSpec | BooleanSpec | ChoiceSpec | NameSpec | NamesSpec | NumbersSpec;

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

type ValueOf<S extends ParameterSpec> = S extends NumberSpec
  ? number
  : S extends BooleanSpec
    ? boolean
    : S extends ChoiceSpec
      ? S['values'][number]
      : S extends NameSpec
        ? string
        : S extends NamesSpec
          ? readonly string[]
          : Readonly<Record<string, number>>;

export type Parameters<S extends ParameterSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** Every reason why `given` does not keep `specs`; empty when it does. */
export const parameterFaults = (specs: ParameterSpecs, given: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(given).flatMap(([name, value]) => {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) return [`unknown parameter "${name}"${suggestion(specs, name)}`];
    return accepts(spec, value)
      ? []
      : [`parameter "${name}" must be ${rangeOf(spec)}, not ${JSON.stringify(value)}`];
  });

/** `given` with the defaults filled in; expects no faults. */
export const withDefaults = <S extends ParameterSpecs>(
  specs: S,
  given: Readonly<Record<string, unknown>>,
): Parameters<S> =>
  Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, given[name] ?? spec.default]),
  ) as Parameters<S>;

/** Every feature or class that a parameter names (by default, too) and the data do not have; empty when there is none. */
export const nameFaults = (
  specs: ParameterSpecs,
  given: Readonly<Record<string, unknown>>,
  featureNames: readonly string[],
  classes: number,
): string[] =>
  Object.entries(specs).flatMap(([name, spec]) =>
    namesIn(spec, given[name] ?? spec.default).flatMap((named) => {
      if (spec.type === 'numbers' && spec.of === 'classes') {
        const labels = Array.from({ length: Math.min(classes, 10) }, (_, label) => String(label)).join(', ');
        return String(Number(named)) === named &&
          Number(named) >= 0 &&
          Number.isInteger(Number(named)) &&
          Number(named) < classes
          ? []
          : [`parameter "${name}" names "${named}", which is no class; classes are ${labels}`];
      }
      if (featureNames.includes(named)) return [];
      const near = nearest(named, featureNames);
      const hint = near === null ? `features are ${featureNames.join(', ')}` : `did you mean "${near}"?`;
      return [`parameter "${name}" names "${named}", which is no feature; ${hint}`];
    }),
  );

const namesIn = (spec: ParameterSpec, value: unknown): readonly string[] => {
  if (spec.type === 'name') return value === '' ? [] : [value as string];
  if (spec.type === 'names') return value as readonly string[];
  return spec.type === 'numbers' ? Object.keys(value as object) : [];
};

const accepts = (spec: ParameterSpec, value: unknown): boolean => {
  switch (spec.type) {
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' &&
        (spec.type === 'number' || Number.isInteger(value)) &&
        (spec.aboveMin ? value > spec.min : value >= spec.min) &&
        value <= spec.max
      );
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && spec.values.includes(value);
    case 'name':
      return typeof value === 'string' && (value !== '' || spec.default === '');
    case 'names':
      return Array.isArray(value) && value.every((name) => typeof name === 'string');
    case 'numbers':
      return (
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((n) => typeof n === 'number' && n >= spec.min && n <= spec.max)
      );
  }
};

const rangeOf = (spec: ParameterSpec): string => {
  switch (spec.type) {
    case 'integer':
    case 'number': {
      const { type, aboveMin, min, max } = spec;
      return `${type === 'integer' ? 'a whole number' : 'a number'} ${aboveMin ? 'above' : 'from'} ${min} to ${max}`;
    }
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${spec.values.join(', ')}`;
    case 'name':
      return 'the name of a feature';
    case 'names':
      return 'a list of feature names';
    case 'numbers':
      return `a number from ${spec.min} to ${spec.max} for each of some ${spec.of}`;
  }
};

const suggestion = (specs: ParameterSpecs, name: string): string => {
  const alias = Object.entries(specs).find(([, spec]) => spec.aka?.includes(name))?.[0];
  const near = alias ?? nearest(name, Object.keys(specs));
  return near === null ? `; known are ${Object.keys(specs).join(', ')}` : `; did you mean "${near}"?`;
};

/** The candidate at the smallest edit distance, if a third of the letters or fewer differ. */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.ceil(best.candidate.length / 3))
    ? best.candidate
    : null;
};

const editDistance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
};
