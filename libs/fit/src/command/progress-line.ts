import type { FitProgress } from '#learn';

const MARK = 'playhead-progress ';

/** `playhead-progress {"iteration":3,"iterations":10,"metric":"log_loss","train":0.31}`, or undefined: whatever else is said is only kept. */
export const progressOf = (line: string): FitProgress | undefined => {
  if (!line.startsWith(MARK)) return undefined;
  const value = parsed(line.slice(MARK.length));
  if (typeof value !== 'object' || value === null) return undefined;
  const { iteration, iterations, metric, train, validation } = value as Record<string, unknown>;
  if (!isCount(iteration) || !isCount(iterations) || iteration > iterations) return undefined;
  if (typeof metric !== 'string' || metric.length > 100 || !isFinite(train)) return undefined;
  return { iteration, iterations, metric, train, ...(isFinite(validation) ? { validation } : {}) };
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isFinite = (value: unknown): value is number => Number.isFinite(value);

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
