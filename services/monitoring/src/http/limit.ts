import { Refused } from '#kernel';

/** How many a caller wants at most. */
export const limitOf = (
  text: string | undefined,
  { most, otherwise }: { readonly most: number; readonly otherwise: number },
): number => {
  const limit = Number(text ?? otherwise);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `limit is a whole number from 1 to ${most}, not "${text}"`);
  return limit;
};
