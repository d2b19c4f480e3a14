/** Runs work to its end, and lets timers and sockets have their turn wherever it yields. */
export const inSteps = async <T>(work: Generator<void, T>): Promise<T> => {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
