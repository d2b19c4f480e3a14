import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { AlertRaised } from './alerts';
import { Timestamp } from './shapes';

const fact = { version: 1, topic: 'monitoring.notifications', key: 'group', owner: 'monitoring' } as const;

/** One of them is there: to whom alerts are sent. */
export const NotificationTarget = Type.Object({
  webhook: Type.Optional(Type.String()),
  secret: Type.Optional(Type.String({ description: 'the environment variable with its key' })),
  alertmanager: Type.Optional(Type.String()),
  slack: Type.Optional(Type.String()),
  email: Type.Optional(Type.Array(Type.String())),
});

/** An alert as people are told of it: all that it rests on, and what became of it. */
export const NotifiedAlert = Type.Object({
  ...AlertRaised.schema.properties,
  raised_at: Timestamp('append time of the fact that raised it'),
  position: Type.String({ description: 'of that fact on `monitoring.alerts`' }),
  resolved_at: Type.Optional(Timestamp('append time of the fact that ended it')),
  resolution: Type.Optional(Type.String({ description: 'what ended it, for people' })),
  acknowledged_by: Type.Optional(Type.String()),
});

const SAMPLE_ALERT = {
  ...AlertRaised.sample,
  raised_at: '2026-01-01T00:00:00.000Z',
  position: '0-17',
};

const about = {
  deployment: Type.String(),
  group: Type.String({ description: 'the deployment, or the alert where alerts are not gathered' }),
};

export const NotificationDue = defineEvent({
  ...fact,
  type: 'monitoring.notification.due',
  meaning: 'One target is to be told of a group of alerts: those that are open, and those that have ended.',
  schema: Type.Object({
    notification: Type.String({ description: 'its name, by which a receiver drops a copy' }),
    ...about,
    target: NotificationTarget,
    because: Type.Enum(['raised', 'resolved', 'repeated'], {
      description: 'something new is open; something has ended; it is still open after `repeat`',
    }),
    firing: Type.Array(NotifiedAlert, {
      description: 'open ones, critical before warning, then by effect, the greatest first',
    }),
    resolved: Type.Array(NotifiedAlert),
    repeat_ms: Type.Integer({
      minimum: 0,
      description: 'after which it comes again while it is open; 0: never',
    }),
    left_out: Type.Integer({ minimum: 0, description: 'further alerts that the message has no room for' }),
    silenced: Type.Integer({ minimum: 0, description: 'open alerts of the group that a silence holds back' }),
  }),
  sample: {
    notification: '0-19',
    deployment: 'fraud',
    group: 'fraud',
    target: { webhook: 'http://127.0.0.1:9099/hook', secret: 'ALERT_HOOK_KEY' },
    because: 'raised',
    firing: [SAMPLE_ALERT],
    resolved: [],
    repeat_ms: 14_400_000,
    left_out: 0,
    silenced: 0,
  },
});

export const NotificationSilenced = defineEvent({
  ...fact,
  type: 'monitoring.notification.silenced',
  meaning: 'An open alert is told to nobody, because a silence fits it.',
  schema: Type.Object({
    ...about,
    alert: Type.String(),
    silence: Type.String(),
    until: Timestamp('when it is sent if it is still open'),
  }),
  sample: {
    deployment: 'fraud',
    group: 'fraud',
    alert: AlertRaised.sample.alert,
    silence: '0-41',
    until: '2026-01-01T02:00:00.000Z',
  },
});

const sent = {
  notification: Type.String(),
  ...about,
  target: NotificationTarget,
  attempts: Type.Integer({ minimum: 1 }),
};
const SAMPLE_SENT = {
  notification: '0-19',
  deployment: 'fraud',
  group: 'fraud',
  target: NotificationDue.sample.target,
  attempts: 1,
};

export const NotificationDelivered = defineEvent({
  ...fact,
  type: 'monitoring.notification.delivered',
  meaning: 'The target has taken a notification.',
  schema: Type.Object(sent),
  sample: SAMPLE_SENT,
});

export const NotificationFailed = defineEvent({
  ...fact,
  type: 'monitoring.notification.failed',
  meaning:
    'The target has not taken a notification: at the first attempt, and when it is given up because the target refuses it. In between it is tried again.',
  schema: Type.Object({
    ...sent,
    error: Type.String(),
    final: Type.Boolean({ description: 'it is given up; the next one of that target follows' }),
  }),
  sample: { ...SAMPLE_SENT, error: 'it answered 503', final: false },
});
