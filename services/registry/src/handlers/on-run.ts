import { RunReported, TOPICS, TrainingRunRequested, encodeEvent, readEnvelope } from '#contracts';
import type { Fold } from '#eventlog';
import { ContractViolation } from '#kernel';
import { intoInputs } from './into-inputs';

/** Routes what training says about its runs. */
export const onRun = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'runs',
    source: TOPICS.runs,
    contract: RunReported,
    qualified,
    report: (record, reference) => {
      const { type, time } = readEnvelope(record.headers);
      // That a run waits for its data set changes nothing here.
      if (type === TrainingRunRequested.type) return undefined;
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
