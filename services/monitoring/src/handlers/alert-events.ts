import {
  AlertAcknowledged,
  AlertClockAdvanced,
  AlertRaised,
  AlertResolved,
  SilenceRemoved,
  SilenceSet,
  controlPositionOf,
  decodeEvent,
  readEnvelope,
  type Deployments,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { formatPosition } from '#kernel';
import type { AlertEvent, PolicyOf } from '../domain/notifications/notifier';

/** What a record of `monitoring.alerts` says to who decides about notifications; undefined for what they need not know. */
export const alertEventOf = (record: LogRecord): AlertEvent | undefined => {
  switch (readEnvelope(record.headers).type) {
    case AlertRaised.type:
      return {
        type: 'raised',
        fact: decodeEvent(AlertRaised, record.value),
        position: formatPosition(record.partition, record.offset),
      };
    case AlertResolved.type: {
      const { alert, message } = decodeEvent(AlertResolved, record.value);
      return { type: 'resolved', alert, message };
    }
    case AlertAcknowledged.type: {
      const { alert, actor } = decodeEvent(AlertAcknowledged, record.value);
      return { type: 'acknowledged', alert, actor };
    }
    case SilenceSet.type:
      return { type: 'silenced', silence: decodeEvent(SilenceSet, record.value) };
    case SilenceRemoved.type:
      return { type: 'unsilenced', silence: decodeEvent(SilenceRemoved, record.value).silence };
    case AlertClockAdvanced.type:
      return { type: 'clock' };
    default:
      return undefined;
  }
};

/** The control position under which the decider gave a record; that of the one before where it says none. */
export const controlOf = (record: LogRecord, before: number): number => {
  const position = controlPositionOf(record.headers);
  return position === undefined || !Number.isInteger(position) ? before : Math.max(before, position);
};

export const policiesOf =
  (deployments: Deployments): PolicyOf =>
  (deployment) =>
    deployments.get(deployment)?.monitor?.alert;
