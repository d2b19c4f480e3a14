const SLICE = 4_096;

/** Does work over [0, count) in slices; the event loop turns between them, so that folds beside it go on. */
export const inSlices = async (count: number, work: (from: number, to: number) => void): Promise<void> => {
  for (let from = 0; from < count; from += SLICE) {
    work(from, Math.min(count, from + SLICE));
    await new Promise((resolve) => setImmediate(resolve));
  }
};
