import { ReplayFinished, ReplaySubmitted, TOPICS, decodeEvent, encodeEvent, readEnvelope } from '#contracts';
import type { Fold } from '#eventlog';
import { intoInputs } from './into-inputs';

/** Routes what came out of replays that monitoring ran, as if whoever asked for them had said so at the door. */
export const onReplay = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'replays',
    source: TOPICS.monitoringReplays,
    contract: ReplaySubmitted,
    qualified,
    report: (record) => {
      const { type, time } = readEnvelope(record.headers);
      if (type !== ReplayFinished.type) return undefined;
      const fact = decodeEvent(ReplayFinished, record.value);
      return { value: encodeEvent(ReplaySubmitted, { ...fact, request: `replay/${fact.replay}` }), time };
    },
  });
