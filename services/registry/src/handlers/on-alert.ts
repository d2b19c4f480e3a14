import {
  AlertRaised,
  AlertReported,
  AlertResolved,
  TOPICS,
  decodeEvent,
  encodeEvent,
  readEnvelope,
} from '#contracts';
import type { Fold } from '#eventlog';
import { intoInputs } from './into-inputs';

/** Routes what monitoring says is over its limit, and what is within it again: an alert that stays open may ask once more. */
export const onAlert = (qualified: (topic: string) => string): Fold<null, undefined> =>
  intoInputs({
    name: 'alerts',
    source: TOPICS.alerts,
    contract: AlertReported,
    qualified,
    report: (record, reference) => {
      const { type, time } = readEnvelope(record.headers);
      if (type === AlertRaised.type) {
        const fact = decodeEvent(AlertRaised, record.value);
        return {
          value: encodeEvent(AlertReported, { reference, type: 'monitoring.alert.raised', fact }),
          time,
        };
      }
      if (type !== AlertResolved.type) return undefined;
      const fact = decodeEvent(AlertResolved, record.value);
      return {
        value: encodeEvent(AlertReported, { reference, type: 'monitoring.alert.resolved', fact }),
        time,
      };
    },
  });
