import type { SelectQueryBuilder } from 'typeorm';
import type { Condition, VersionQuery } from '../search/version-query';
import type { VersionRow } from './entities';

/** `%` and `_` in a search mean themselves. */
export const containing = (search: string): string =>
  `%${search.replace(/[\\%_]/g, (special) => `\\${special}`)}%`;

/** The same as `matchesVersion`, asked of the table. Values go as parameters alone. */
export const whereVersion = (
  builder: SelectQueryBuilder<VersionRow>,
  { words, conditions }: VersionQuery,
): SelectQueryBuilder<VersionRow> => {
  let count = 0;
  const parameter = (value: string | number): string => {
    const name = `p${count++}`;
    builder.setParameter(name, value);
    return `:${name}`;
  };
  for (const word of words) {
    const like = `ilike ${parameter(containing(word))}`;
    builder.andWhere(
      `(v.model ${like} or v.document->>'description' ${like}` +
        ` or exists (select from jsonb_array_elements_text(v.document->'aliases') a(name) where a.name ${like})` +
        ` or exists (select from jsonb_each_text(v.tags) t where t.value ${like}))`,
    );
  }
  for (const condition of conditions) builder.andWhere(`(${sqlOf(condition, parameter)})`);
  return builder;
};

const sqlOf = (condition: Condition, parameter: (value: string | number) => string): string => {
  switch (condition.of) {
    case 'metric': {
      const value = `(v.document->'metrics'->'holdout'->>${parameter(condition.name)})::float8`;
      return `${value} ${sqlOperator(condition.operator)} ${parameter(condition.value)}::float8`;
    }
    case 'version':
      return `v.version ${sqlOperator(condition.operator)} ${parameter(condition.value)}::float8`;
    case 'tag':
      return sqlText(`v.tags->>${parameter(condition.name)}`, condition, parameter);
    case 'text':
      return sqlField(condition, parameter);
  }
};

type TextCondition = Extract<Condition, { of: 'text' }>;

const sqlField = (condition: TextCondition, parameter: (value: string) => string): string => {
  const { field, operator } = condition;
  if (field === 'origin') return sqlText(`coalesce(v.document->>'origin', 'trained')`, condition, parameter);
  if (field !== 'alias') return sqlText(`v.document->>'${field}'`, condition, parameter);
  const named = (test: string): string =>
    `exists (select from jsonb_array_elements_text(v.document->'aliases') a(name) where ${test})`;
  if (operator !== '!=') return named(sqlText('a.name', condition, parameter));
  return `${named('true')} and not ${named(sqlText('a.name', { ...condition, operator: '=' }, parameter))}`;
};

const sqlText = (
  text: string,
  { operator, value }: Pick<TextCondition, 'operator' | 'value'>,
  parameter: (value: string) => string,
): string =>
  operator === '~'
    ? `${text} ilike ${parameter(containing(value))}`
    : `${text} ${sqlOperator(operator)} ${parameter(value)}`;

const sqlOperator = (operator: string): string => (operator === '!=' ? '<>' : operator);
