import { invalid } from '../domain/refusal';

export interface Page<T> {
  readonly entities: readonly T[];
  /** Where the next page begins, for the client to give back as it is; absent on the last. */
  readonly next?: string;
}

/** A page of at most `size` from where the token says. */
export const pageOf = <T>(all: readonly T[], token: string | undefined, size: number): Page<T> => {
  const from = token === undefined || token === '' ? 0 : offsetOf(token);
  const to = from + size;
  const entities = all.slice(from, to);
  return to < all.length ? { entities, next: tokenAt(to) } : { entities };
};

const tokenAt = (offset: number): string => encode(JSON.stringify({ offset }));

const offsetOf = (token: string): number => {
  let offset: unknown;
  try {
    offset = (JSON.parse(decode(token)) as { offset?: unknown } | null)?.offset;
  } catch {
    throw invalid('Invalid page token, could not base64-decode');
  }
  if (!Number.isSafeInteger(offset) || (offset as number) < 0)
    throw invalid(`Invalid page token, parsed value=${JSON.stringify(offset)}`);
  return offset as number;
};

const encode = (text: string): string => btoa(text);
const decode = (text: string): string => atob(text);

/** How many to give. @throws RefusedByMlflow where it is not within 1 and the most. */
export const pageSize = (given: number | undefined, usual: number, most: number): number => {
  if (given === undefined) return usual;
  if (given < 1 || given > most)
    throw invalid(
      `Invalid value ${given} for parameter 'max_results' supplied. It must be at least 1 and at most ${most}.`,
    );
  return given;
};
