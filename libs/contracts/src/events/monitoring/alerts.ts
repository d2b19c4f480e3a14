import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { EventWindow, OffsetSpan, SAMPLE_SPAN, SAMPLE_WATCHED } from './shapes';

const fact = { version: 1, topic: 'monitoring.alerts', key: 'alert', owner: 'monitoring' } as const;

export const ALERT_KINDS = [
  'feature-drift',
  'score-drift',
  'dataset-drift',
  'multivariate-drift',
  'missing-values',
  'unseen-values',
  'out-of-range',
  'duplicates',
  'freshness',
  'performance',
  'estimated-performance',
  'concept-drift',
  'slice-performance',
  'fairness',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

const about = {
  alert: Type.String({ description: 'names the alert from its rise to its end' }),
  deployment: Type.String(),
  model: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  kind: Type.Enum([...ALERT_KINDS]),
  subject: Type.String({
    description:
      'the feature, `score`, the metric, the detector with its metric, or `data` for all features together',
  }),
  severity: Type.Optional(
    Type.Enum(['warning', 'critical'], { description: 'critical: answers are wrong, or none come' }),
  ),
  statistic: Type.Optional(Type.String({ description: 'what the value is, such as psi or missing' })),
  effect: Type.Optional(
    Type.Union([Type.Number(), Type.Null()], {
      description:
        'how likely it hurts, 0 to 1, for ranking: drift of a feature times the share that the model owes to it',
    }),
  ),
  slice: Type.Optional(
    Type.Object({ field: Type.String(), value: Type.String() }, { description: 'where it is about one' }),
  ),
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
  severity: 'warning' as const,
  statistic: 'psi',
  effect: 0.12,
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
  meaning:
    'A later window, or a correction of the same one, is within the limit again; or an operator says that it is over.',
  schema: Type.Object({
    ...about,
    raised: EventWindow,
    by: Type.Optional(
      Type.Object(
        { request: Type.String(), actor: Type.String(), reason: Type.String() },
        { description: 'the operator; values and offsets are then those that raised it' },
      ),
    ),
  }),
  sample: {
    ...SAMPLE,
    window: { start: '2018-05-02T00:00:00.000Z', end: '2018-05-03T00:00:00.000Z' },
    value: 0.02,
    message: 'amount is as in the reference again: PSI 0.02, the limit is 0.2',
    raised: SAMPLE_WATCHED.window,
  },
});
