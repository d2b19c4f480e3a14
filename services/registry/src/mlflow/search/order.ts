import { invalid } from '../domain/refusal';
import { columnOf, type Column, type Dialect } from './filter';
import type { Lookup, Value } from './match';
import { tokensOf } from './tokens';

export interface Order extends Column {
  readonly ascending: boolean;
}

/** `metrics.auc DESC`; ascending unless it says otherwise. */
export const parseOrder = (text: string, dialect: Dialect): Order => {
  const [name, direction, ...rest] = tokensOf(text);
  const isColumn = name?.kind === 'identifier' || name?.kind === 'string';
  const isDirection = direction === undefined || direction.text === 'ASC' || direction.text === 'DESC';
  if (!isColumn || !isDirection || rest.length > 0)
    throw invalid(`Invalid order_by clause '${text}'. Could not be parsed.`);
  return { ...columnOf(name.text, dialect), ascending: direction?.text !== 'DESC' };
};

/** Compares two entities by one order: what is absent comes last both ways, and a NaN right before it. */
const compareBy = ({ ascending, ...column }: Order, a: Lookup, b: Lookup): number => {
  const [left, right] = [a(column), b(column)] as [Value | undefined, Value | undefined];
  const rank = rankOf(left) - rankOf(right);
  if (rank !== 0 || left === right || rankOf(left) > 0) return rank;
  return left! < right! === ascending ? -1 : 1;
};

const rankOf = (value: Value | undefined): number => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);

/** Sorts a copy by the orders, the first one above the others; the last ones should tell any two apart. */
export const sortBy = <T>(
  entities: readonly T[],
  orders: readonly Order[],
  lookupOf: (entity: T) => Lookup,
): T[] =>
  entities
    .map((entity) => ({ entity, lookup: lookupOf(entity) }))
    .sort((a, b) => {
      for (const order of orders) {
        const compared = compareBy(order, a.lookup, b.lookup);
        if (compared !== 0) return compared;
      }
      return 0;
    })
    .map(({ entity }) => entity);
