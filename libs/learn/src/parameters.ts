/** A numeric parameter of a trainer: what it means, what it is when not given, and where it ends. */
export interface ParameterSpec {
  readonly type: 'integer' | 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** True when `min` itself is not allowed. */
  readonly aboveMin?: boolean;
  readonly meaning: string;
  /** What other libraries call it; only used to suggest the right name. */
  readonly aka?: readonly string[];
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

export type Parameters<S extends ParameterSpecs> = { readonly [K in keyof S]: number };

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

const accepts = (spec: ParameterSpec, value: unknown): boolean =>
  typeof value === 'number' &&
  (spec.type === 'number' || Number.isInteger(value)) &&
  (spec.aboveMin ? value > spec.min : value >= spec.min) &&
  value <= spec.max;

const rangeOf = ({ type, min, max, aboveMin }: ParameterSpec): string =>
  `${type === 'integer' ? 'a whole number' : 'a number'} ${aboveMin ? 'above' : 'from'} ${min} to ${max}`;

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
