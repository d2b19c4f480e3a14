/**
 * SQL's LIKE: `%` is any text, `_` any one character. It goes back to the last `%` alone, so hostile patterns take time in the product
 * of both lengths, not more.
 */
export const isLike = (text: string, pattern: string): boolean => {
  let at = 0;
  let of = 0;
  let wild = -1;
  let resume = 0;
  while (at < text.length) {
    if (of < pattern.length && pattern[of] === '%') {
      wild = of++;
      resume = at;
    } else if (of < pattern.length && (pattern[of] === '_' || pattern[of] === text[at])) {
      of++;
      at++;
    } else if (wild >= 0) {
      of = wild + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[of] === '%') of++;
  return of === pattern.length;
};
