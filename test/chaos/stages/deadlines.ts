/** Whatever is waited for has a deadline of its own, so that nothing hangs and a failure says what did not come. */
import { setTimeout as sleep } from 'node:timers/promises';

const DEADLINE_MS = 90_000;

export const until = async (
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = DEADLINE_MS,
): Promise<void> => {
  for (const deadline = Date.now() + ms; !(await condition()); await sleep(10))
    if (Date.now() > deadline) throw new Error(`not within ${ms / 1_000} s: ${what}`);
};

export const withinMs = async <T>(ms: number, what: string, work: Promise<T>): Promise<T> => {
  const over = new AbortController();
  const deadline = sleep(ms, undefined, { signal: over.signal }).then(
    () => {
      throw new Error(`not within ${ms / 1_000} s: ${what}`);
    },
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, deadline]);
  } finally {
    over.abort();
  }
};
