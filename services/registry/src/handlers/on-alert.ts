import { AlertRaised, AlertReported, TOPICS, decodeEvent, encodeEvent, readEnvelope } from '#contracts';
import type { Fold } from '#eventlog';
import { intoInputs } from './into-inputs';

/** Routes what monitoring says is over its limit; that something is within it again asks for nothing. */
export const onAlert = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'alerts',
    source: TOPICS.alerts,
    contract: AlertReported,
    qualified,
    report: (record, reference) => {
      const { type, time } = readEnvelope(record.headers);
      if (type !== AlertRaised.type) return undefined;
      return {
        value: encodeEvent(AlertReported, { reference, fact: decodeEvent(AlertRaised, record.value) }),
        time,
      };
    },
  });
