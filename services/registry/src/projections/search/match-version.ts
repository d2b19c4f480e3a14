import type { VersionDocument } from '../documents';
import type { Condition, Operator, TextField, VersionQuery } from './version-query';

/** Whether a version is meant; `tags` are its own and, where it has none of the name, its model's. */
export const matchesVersion = (
  version: VersionDocument,
  tags: Readonly<Record<string, string>>,
  { words, conditions }: VersionQuery,
): boolean =>
  words.every((word) => textsOf(version, tags).some((text) => contains(text, word))) &&
  conditions.every((condition) => holds(version, tags, condition));

const textsOf = (version: VersionDocument, tags: Readonly<Record<string, string>>): string[] => [
  version.model,
  ...(version.description === null ? [] : [version.description]),
  ...version.aliases,
  ...Object.values(tags),
];

const holds = (
  version: VersionDocument,
  tags: Readonly<Record<string, string>>,
  condition: Condition,
): boolean => {
  switch (condition.of) {
    case 'tag':
      return Object.hasOwn(tags, condition.name) && compareText([tags[condition.name]!], condition);
    case 'metric': {
      const { holdout } = version.metrics;
      const value = Object.hasOwn(holdout, condition.name) ? holdout[condition.name]! : null;
      return value !== null && compareNumber(value, condition);
    }
    case 'version':
      return compareNumber(version.version, condition);
    case 'text':
      return compareText(valuesOf(version, condition.field), condition);
  }
};

const valuesOf = (version: VersionDocument, field: TextField): readonly string[] => {
  if (field === 'alias') return version.aliases;
  if (field === 'origin') return [version.origin ?? 'trained'];
  const value = version[field];
  return value === null ? [] : [value];
};

/** Of several values `=` and `~` want one that fits, `!=` that there are some and none fits. */
const compareText = (
  values: readonly string[],
  { operator, value }: { readonly operator: '=' | '!=' | '~'; readonly value: string },
): boolean => {
  if (operator === '!=') return values.length > 0 && !values.includes(value);
  return operator === '='
    ? values.includes(value)
    : values.some((each) => contains(each, value.toLowerCase()));
};

const contains = (text: string, part: string): boolean => text.toLowerCase().includes(part);

const compareNumber = (
  one: number,
  { operator, value }: { readonly operator: Exclude<Operator, '~'>; readonly value: number },
): boolean => {
  switch (operator) {
    case '=':
      return one === value;
    case '!=':
      return one !== value;
    case '>':
      return one > value;
    case '>=':
      return one >= value;
    case '<':
      return one < value;
    case '<=':
      return one <= value;
  }
};
