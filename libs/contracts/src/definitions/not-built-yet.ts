import type { Kind } from './kinds';

export interface Unbuilt {
  readonly kind: Kind;
  /** Keys below the document; `*` is any key or index. Present means refused, unless `when` says otherwise. */
  readonly path: readonly string[];
  readonly when?: (value: unknown) => boolean;
  /** `<what> is not built yet` is the message; `instead` says what works today. */
  readonly what: string;
  readonly instead?: string;
}

const spec = (...path: string[]): readonly string[] => ['spec', ...path];
const is =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

/** Options that are read and understood, but whose runtime does not exist yet: building one is deleting its line. */
export const NOT_BUILT_YET: readonly Unbuilt[] = [
  {
    kind: 'Stream',
    path: spec('fields', '*', 'personal'),
    when: is(true),
    what: 'encryption of personal fields',
  },
];

export const notBuiltMessage = ({ what, instead }: Pick<Unbuilt, 'what' | 'instead'>): string =>
  `${what} is not built yet${instead === undefined ? '' : `: ${instead}`}`;

/** Every place in a written definition that names something on the list. */
export const unbuiltIn = (kind: Kind, document: unknown): { path: (string | number)[]; message: string }[] =>
  NOT_BUILT_YET.filter((unbuilt) => unbuilt.kind === kind).flatMap((unbuilt) =>
    matches(document, unbuilt.path, [])
      .filter(({ value }) => unbuilt.when?.(value) ?? true)
      .map(({ path }) => ({ path, message: notBuiltMessage(unbuilt) })),
  );

const matches = (
  value: unknown,
  pattern: readonly string[],
  path: (string | number)[],
): { path: (string | number)[]; value: unknown }[] => {
  const [first, ...rest] = pattern;
  if (first === undefined) return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => first === '*' || first === key)
    .flatMap(([key, child]) => matches(child, rest, [...path, Array.isArray(value) ? Number(key) : key]));
};
