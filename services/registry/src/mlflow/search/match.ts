import type { Clause, Column } from './filter';
import { isLike } from './like';

export type Value = number | string;

/** What an entity holds in a column; a data set's columns hold several. */
export type Lookup = (column: Column) => Value | readonly Value[] | undefined;

/** Whether all clauses hold. What is absent is equal to nothing and different from nothing, as in SQL. */
export const matches = (clauses: readonly Clause[], lookup: Lookup): boolean =>
  clauses.every((clause) => {
    const found = lookup(clause);
    if (clause.operator === 'IS NULL') return found === undefined;
    if (clause.operator === 'IS NOT NULL') return found !== undefined;
    if (found === undefined) return false;
    return typeof found === 'object' ? found.some((each) => holds(clause, each)) : holds(clause, found);
  });

const holds = ({ operator, value }: Clause, found: Value): boolean => {
  switch (operator) {
    case '=':
      return found === value;
    case '!=':
      return found !== value;
    case '>':
      return found > value!;
    case '>=':
      return found >= value!;
    case '<':
      return found < value!;
    case '<=':
      return found <= value!;
    case 'LIKE':
      return isLike(String(found), value as string);
    case 'ILIKE':
      return isLike(String(found).toLowerCase(), (value as string).toLowerCase());
    case 'IN':
      return (value as readonly string[]).includes(String(found));
    case 'NOT IN':
      return !(value as readonly string[]).includes(String(found));
    default:
      return false;
  }
};
