/** A share; null where there is nothing to share. */
export const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** The mean of the values that are not null; null when all are. */
export const averagedOver = (count: number, of: (index: number) => number | null): number | null => {
  let sum = 0;
  let values = 0;
  for (let index = 0; index < count; index++) {
    const value = of(index);
    if (value === null) continue;
    sum += value;
    values++;
  }
  return ratio(sum, values);
};
