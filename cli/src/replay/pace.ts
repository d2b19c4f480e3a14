import { progress } from '../options';

const TELL_EVERY_MS = 2_000;

/** Called with the records of each batch: says now and then how far the work has come, and keeps to a rate (records a second). */
export const paceOf = (what: string, rate?: number): ((records: number) => Promise<void>) => {
  const begun = performance.now();
  let [records, told] = [0, begun];
  return async (more) => {
    records += more;
    const now = performance.now();
    if (now - told >= TELL_EVERY_MS) {
      told = now;
      progress(`${what}: ${records} records, ${Math.round((records * 1_000) / (now - begun))} a second`);
    }
    const early = rate === undefined ? 0 : (records * 1_000) / rate - (performance.now() - begun);
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
  };
};
