const SLICE = 4_096;

/** Lets whatever else the process has to do go first. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Does work over [0, count) in slices; the event loop turns between them, so that folds beside it go on. */
export const inSlices = async (count: number, work: (from: number, to: number) => void): Promise<void> => {
  for (let from = 0; from < count; from += SLICE) {
    work(from, Math.min(count, from + SLICE));
    await turn();
  }
};
