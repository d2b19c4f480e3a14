import { ContractViolation, timestampMs } from '#kernel';
import type { Watch } from './watch';

/** What monitoring needs of a prediction. */
export interface Prediction {
  readonly eventId: string;
  /** As it stands there, and in epoch ms. */
  readonly eventTime: string;
  readonly time: number;
  readonly version: number;
  readonly route: string;
  /** Probability or value; null where it was not finite; undefined for tasks whose output is not one number. */
  readonly score: number | null | undefined;
  readonly decision: boolean | undefined;
}

interface Wire {
  readonly event_id?: unknown;
  readonly event_time?: unknown;
  readonly version?: unknown;
  readonly route?: unknown;
  readonly output?: { readonly probability?: number | null; readonly value?: number | null };
  readonly decision?: unknown;
}

/** Its contract is checked where it is written, here only what is relied on. */
export const parsePrediction = (value: Buffer | null): Prediction => {
  const { event_id, event_time, version, route, output, decision } = parseObject(value, 'prediction') as Wire;
  const time = timestampMs(event_time);
  if (typeof event_id !== 'string' || typeof event_time !== 'string' || Number.isNaN(time)) {
    throw violation('the prediction has no event_id or event_time');
  }
  if (typeof version !== 'number' || typeof route !== 'string') {
    throw violation('the prediction has no version or route');
  }
  return {
    eventId: event_id,
    eventTime: event_time,
    time,
    version,
    route,
    score: output?.probability === undefined ? output?.value : output.probability,
    decision: typeof decision === 'boolean' ? decision : undefined,
  };
};

/** The values of the revision that the version read. */
export const readValues = (
  vector: Buffer | null,
  { revision, features }: Watch,
): readonly (number | null)[] => {
  const { values } = parseObject(vector, 'vector') as { values?: Record<string, (number | null)[]> };
  const read = values?.[revision];
  if (read?.length !== features.length) {
    throw violation(`the vector has not the ${features.length} values of revision ${revision}`);
  }
  return read;
};

export const parseObject = (value: Buffer | null, what: string): object => {
  let parsed: unknown;
  try {
    parsed = JSON.parse((value ?? '').toString());
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `the ${what} is not JSON`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null) throw violation(`the ${what} is not an object`);
  return parsed;
};

const violation = (message: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message);
