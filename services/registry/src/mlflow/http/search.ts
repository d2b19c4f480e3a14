import { parseFilter, type Dialect } from '../search/filter';
import { matches, type Lookup } from '../search/match';
import { parseOrder, sortBy, type Order } from '../search/order';
import { pageOf, pageSize, type Page } from '../search/page';
import type { Arguments } from './arguments';

/** How entities of one kind are searched: the columns that filter and order may name, and what stands where nothing is said. */
export interface Searched<T> {
  readonly dialect: Dialect;
  readonly lookup: (entity: T) => Lookup;
  readonly defaultOrder: readonly Order[];
  readonly usualPage: number;
  readonly mostPage: number;
}

/** The page that `filter`, `order_by`, `page_token` and `max_results` ask for; `all` is asked once these are read. */
export const searchIn = <T>(
  given: Arguments,
  { dialect, lookup, defaultOrder, usualPage, mostPage }: Searched<T>,
  all: () => readonly T[],
): Page<T> => {
  const size = pageSize(given.integer('max_results'), usualPage, mostPage);
  const clauses = parseFilter(given.optionalText('filter'), dialect);
  const orders = given.texts('order_by').map((text) => parseOrder(text, dialect));
  const found = all().filter((entity) => matches(clauses, lookup(entity)));
  return pageOf(sortBy(found, [...orders, ...defaultOrder], lookup), given.optionalText('page_token'), size);
};
