import {
  ExperimentMeasured,
  RolloutJudged,
  RolloutReported,
  TOPICS,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import type { Fold } from '#eventlog';
import { intoInputs } from './into-inputs';

const TAKEN_OVER: readonly EventContract[] = [RolloutJudged, ExperimentMeasured];

/** Routes what monitoring says of rollouts and of the arms of bandits. */
export const onRollout = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'rollouts',
    source: TOPICS.rollouts,
    contract: RolloutReported,
    qualified,
    report: (record, reference) => {
      const { type, time } = readEnvelope(record.headers);
      const contract = TAKEN_OVER.find((each) => each.type === type);
      if (!contract) return undefined;
      const fact = decodeEvent(contract, record.value);
      return { value: encodeEvent(RolloutReported, { reference, type, fact } as never), time };
    },
  });
