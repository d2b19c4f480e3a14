import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { EventWindow, OffsetSpan, SAMPLE_SPAN, SAMPLE_WATCHED } from './shapes';

const fact = { version: 1, topic: 'monitoring.alerts', key: 'alert', owner: 'monitoring' } as const;

const about = {
  alert: Type.String({ description: 'names the alert from its rise to its end' }),
  deployment: Type.String(),
  model: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  kind: Type.Enum(['feature-drift', 'score-drift', 'missing-values', 'performance']),
  subject: Type.String({ description: 'the feature, `score`, or the metric of the gate' }),
  window: EventWindow,
  report: Type.Integer({ minimum: 1, description: 'revision of the report of that window' }),
  value: Type.Union([Type.Number(), Type.Null()]),
  limit: Type.Number({ description: 'the value that it is held against' }),
  rows: Type.Integer({ description: 'rows behind the value' }),
  message: Type.String({ description: 'one sentence for people' }),
  sources: Type.Array(OffsetSpan, { description: 'the predictions that made it' }),
};

const SAMPLE = {
  alert: 'fraud/feature-drift/amount@2018-05-01T00:00:00.000Z',
  deployment: 'fraud',
  model: 'fraud',
  version: 3,
  kind: 'feature-drift' as const,
  subject: 'amount',
  window: SAMPLE_WATCHED.window,
  report: 1,
  value: 0.31,
  limit: 0.2,
  rows: 9512,
  message: 'amount has drifted: PSI 0.31, the limit is 0.2',
  sources: [SAMPLE_SPAN],
};

export const AlertRaised = defineEvent({
  ...fact,
  type: 'monitoring.alert.raised',
  meaning: 'Something is over its limit, with the values and offsets that say so.',
  schema: Type.Object(about),
  sample: SAMPLE,
});

export const AlertResolved = defineEvent({
  ...fact,
  type: 'monitoring.alert.resolved',
  meaning: 'A later window, or a correction of the same one, is within the limit again.',
  schema: Type.Object({ ...about, raised: EventWindow }),
  sample: {
    ...SAMPLE,
    window: { start: '2018-05-02T00:00:00.000Z', end: '2018-05-03T00:00:00.000Z' },
    value: 0.02,
    message: 'amount is as in the reference again: PSI 0.02, the limit is 0.2',
    raised: SAMPLE_WATCHED.window,
  },
});
