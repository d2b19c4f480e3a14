import {
  RunReported,
  TOPICS,
  TrainingRunRequested,
  TrainingTrialCompleted,
  TrainingTrialFailed,
  TrainingTrialStarted,
  encodeEvent,
  readEnvelope,
} from '#contracts';
import type { Fold } from '#eventlog';
import { ContractViolation } from '#kernel';
import { intoInputs } from './into-inputs';

/** That a run waits for its data set, or what it tries before it chooses, changes nothing here. */
const PASSED_OVER: readonly string[] = [
  TrainingRunRequested,
  TrainingTrialStarted,
  TrainingTrialCompleted,
  TrainingTrialFailed,
].map(({ type }) => type);

/** Routes what training says about its runs. */
export const onRun = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'runs',
    source: TOPICS.runs,
    contract: RunReported,
    qualified,
    report: (record, reference) => {
      const { type, time } = readEnvelope(record.headers);
      if (PASSED_OVER.includes(type)) return undefined;
      const value = encodeEvent(RunReported, { reference, type, fact: parse(record.value) } as never);
      return { value, time };
    },
  });

const parse = (value: Buffer | null): unknown => {
  try {
    return JSON.parse(value?.toString('utf8') ?? 'null') as unknown;
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'a fact about a run is not JSON', { cause });
  }
};
