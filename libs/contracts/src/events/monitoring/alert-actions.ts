import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Timestamp } from './shapes';

const input = { version: 1, topic: 'monitoring.inputs', owner: 'monitoring' } as const;
const fact = { version: 1, topic: 'monitoring.alerts', owner: 'monitoring' } as const;

const asked = {
  request: Type.String({ description: 'id of the request; a repetition counts once' }),
  actor: Type.String({ description: 'who asks, as they say' }),
};
const SAMPLE_ASKED = { request: '0c7f4c1e-6f44-4a52-9f5e-6d2d1a5f6f10', actor: 'ada' };

const Alert = Type.String({ description: 'name of the alert' });
const SilenceId = Type.String({ description: 'position of the request in `monitoring.inputs`' });
const Comment = Type.String({ maxLength: 2_000, description: 'why' });

/** Which alerts are meant: all of what is said must fit; `*` stands for any text. */
const Match = Type.Object(
  {
    deployment: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    kind: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { description: 'all of what is said must fit; `*` stands for any text' },
);

export const AlertActionRequested = defineEvent({
  ...input,
  key: 'request',
  type: 'monitoring.alert-action.requested',
  meaning: 'An operator says something about an alert, or silences alerts. `ce_id` is the id of the request.',
  schema: Type.Object({
    ...asked,
    action: Type.Union([
      Type.Object({ do: Type.Literal('acknowledge'), alert: Alert, comment: Type.Optional(Comment) }),
      Type.Object({ do: Type.Literal('resolve'), alert: Alert, reason: Comment }),
      Type.Object({
        do: Type.Literal('silence'),
        match: Match,
        until: Timestamp('when alerts are sent again, by the clock'),
        comment: Type.Optional(Comment),
      }),
      Type.Object({ do: Type.Literal('unsilence'), silence: SilenceId }),
    ]),
  }),
  sample: {
    ...SAMPLE_ASKED,
    action: {
      do: 'acknowledge',
      alert: 'fraud/feature-drift/amount@2018-05-01T00:00:00.000Z',
      comment: 'new prices since Monday',
    },
  },
});

export const AlertClockTicked = defineEvent({
  ...input,
  key: 'none',
  type: 'monitoring.alert-clock.ticked',
  meaning:
    'Some time that alerts waited for has gone by. Its append time is what counts; `ce_id` is a request id.',
  schema: Type.Object({ now: Timestamp('when the tick was made') }),
  sample: { now: '2026-01-01T00:00:10.000Z' },
});

export const AlertAcknowledged = defineEvent({
  ...fact,
  key: 'alert',
  type: 'monitoring.alert.acknowledged',
  meaning: 'Somebody has seen an open alert: it is not sent again as long as it is open.',
  schema: Type.Object({
    ...asked,
    alert: Alert,
    deployment: Type.String(),
    comment: Type.Optional(Comment),
  }),
  sample: {
    ...SAMPLE_ASKED,
    alert: 'fraud/feature-drift/amount@2018-05-01T00:00:00.000Z',
    deployment: 'fraud',
    comment: 'new prices since Monday',
  },
});

export const SilenceSet = defineEvent({
  ...fact,
  key: 'silence',
  type: 'monitoring.silence.set',
  meaning: 'Alerts that fit are not sent until then; they rise and end as ever.',
  schema: Type.Object({
    ...asked,
    silence: SilenceId,
    match: Match,
    from: Timestamp('append time of the request'),
    until: Timestamp('when alerts are sent again, by the clock'),
    comment: Type.Optional(Comment),
  }),
  sample: {
    ...SAMPLE_ASKED,
    silence: '0-41',
    match: { deployment: 'fraud', subject: 'amount*' },
    from: '2026-01-01T00:00:00.000Z',
    until: '2026-01-01T02:00:00.000Z',
  },
});

export const SilenceRemoved = defineEvent({
  ...fact,
  key: 'silence',
  type: 'monitoring.silence.removed',
  meaning: 'A silence has ended before its time: what is open is sent.',
  schema: Type.Object({ ...asked, silence: SilenceId }),
  sample: { ...SAMPLE_ASKED, silence: '0-41' },
});

export const AlertActionRefused = defineEvent({
  ...fact,
  key: 'request',
  type: 'monitoring.alert-action.refused',
  meaning: 'What an operator asked for does not fit what is.',
  schema: Type.Object({
    ...asked,
    code: Type.String({ description: 'an error code of the platform' }),
    message: Type.String({ description: 'one sentence for people' }),
  }),
  sample: {
    ...SAMPLE_ASKED,
    code: 'PLAYHEAD_CONFLICT',
    message: 'the alert fraud/feature-drift/amount@2018-05-01T00:00:00.000Z is not open',
  },
});

export const AlertClockAdvanced = defineEvent({
  ...fact,
  key: 'none',
  type: 'monitoring.alert-clock.advanced',
  meaning:
    'A tick, where it stands among the alerts: waits, repetitions and silences end by its append time. Readers of alerts pass over it.',
  schema: Type.Object({ now: Timestamp('append time of the tick') }),
  sample: { now: '2026-01-01T00:00:10.004Z' },
});
