import { Type } from 'typebox';

/** Names of definitions stand in topic names and URLs; `.` is left out because `model.<name>` is a route of its own. */
export const DEFINITION_NAME = '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$';
/** Names of fields and features are identifiers in expressions and column names in data sets. */
export const IDENTIFIER = '^[A-Za-z_][A-Za-z0-9_]{0,99}$';
export const DURATION = '^[0-9]{1,7}(\\.[0-9]{1,3})?(ms|s|m|h|d|w)$';

/** `title` says in a fault what was expected, where `type` alone does not. */
export const DefinitionName = (meaning: string) =>
  Type.String({
    pattern: DEFINITION_NAME,
    title: 'a name of letters, digits, `-` and `_`',
    description: meaning,
  });
export const Identifier = (meaning: string) =>
  Type.String({
    pattern: IDENTIFIER,
    title: 'an identifier of letters, digits and `_`, not beginning with a digit',
    description: meaning,
  });
export const Duration = (meaning: string, fallback?: string) =>
  Type.String({
    pattern: DURATION,
    title: 'a duration such as 30s, 15m, 1h or 7d',
    description: meaning,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
export const Expression = (meaning: string) =>
  Type.String({ minLength: 1, maxLength: 2000, title: 'an expression', description: meaning });

/** A schema that refuses unknown keys. */
export const CLOSED = { additionalProperties: false } as const;
