import { NotificationDue, NotificationSilenced, TOPICS, type Deployments } from '#contracts';
import type { Fold, FollowedTopic, LogRecord, Round } from '#eventlog';
import { formatPosition, sha256 } from '#kernel';
import { alertEventOf, controlOf, policiesOf } from './alert-events';
import { Notifier, type StoredNotifier } from '../domain/notifications/notifier';
import { eachRecord } from './each-record';
import { outputsOf } from './outputs';

export interface AlertsHandler {
  /** Full name of `monitoring.notifications`. */
  readonly notifications: string;
  readonly control: FollowedTopic<Deployments>;
}

/**
 * Decides who is told of which alerts: a fold over `monitoring.alerts`. To whom they go is what `registry.deployments` says at the
 * position under which the decider gave the record at hand. It sends nothing.
 */
export const onAlerts = ({ notifications, control }: AlertsHandler): Fold<Notifier, Deployments> => {
  const source = TOPICS.alerts;
  const due = outputsOf(NotificationDue, { topic: notifications, source });
  const silenced = outputsOf(NotificationSilenced, { topic: notifications, source });

  const step = async (
    notifier: Notifier,
    record: LogRecord,
    round: Round<Notifier, Deployments>,
  ): Promise<void> => {
    const event = alertEventOf(record);
    notifier.control = controlOf(record, notifier.control);
    if (!event) return;
    await control.reach(notifier.control);
    const policies = policiesOf(control.at(notifier.control));
    const place = {
      partition: 0,
      time: new Date(record.timestamp).toISOString(),
      control: round.controlHeader,
    };
    for (const [k, decision] of notifier.apply(event, record.timestamp, policies).entries()) {
      if (decision.type === 'silenced')
        round.emit(silenced(record, decision.silenced, { ...place, key: decision.silenced.group, k }));
      else {
        const notification = formatPosition(record.partition, record.offset, k);
        const fact = { notification, ...decision.due };
        round.emit(due(record, fact, { ...place, key: fact.group, k }));
      }
    }
  };

  return {
    name: 'notifier',
    initial: () => new Notifier(),
    restore: {
      from: 'source',
      snapshot: {
        encode: (notifier) => Buffer.from(JSON.stringify(notifier)),
        decode: (bytes) => Notifier.fromJSON(JSON.parse(Buffer.from(bytes).toString()) as StoredNotifier),
      },
    },
    definition: () => sha256('monitoring notifier 1'),
    total: false,
    dropSeen: true,
    process: eachRecord(step),
  };
};
