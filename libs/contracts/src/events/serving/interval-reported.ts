import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const IntervalReported = defineEvent({
  type: 'serving.interval.reported',
  version: 1,
  topic: 'serving.status',
  key: 'deployment',
  owner: 'serving',
  meaning: 'What one instance served on one route in an interval: counts, errors and latency.',
  schema: Type.Object({
    deployment: Type.String(),
    route: Type.String(),
    version: Type.Integer(),
    instance: Type.String(),
    from: Type.String(),
    to: Type.String(),
    predictions: Type.Integer(),
    errors: Type.Integer(),
    decided: Type.Optional(Type.Integer({ description: 'predictions with a decision' })),
    positives: Type.Optional(Type.Integer({ description: 'decisions that were true' })),
    scored: Type.Optional(Type.Integer({ description: 'predictions with one finite number' })),
    score_sum: Type.Optional(Type.Number({ description: 'sum of those numbers' })),
    latency_ms: Type.Object(
      {
        bounds: Type.Array(Type.Number(), {
          description: 'upper bounds of the buckets; one more bucket is above the last',
        }),
        counts: Type.Array(Type.Integer()),
      },
      { description: 'from the append time of the vector to its prediction being ready' },
    ),
  }),
  sample: {
    deployment: 'fraud',
    route: 'champion',
    version: 3,
    instance: 'serving-1',
    from: '2018-05-01T10:00:00.000Z',
    to: '2018-05-01T10:00:10.000Z',
    predictions: 1200,
    errors: 0,
    decided: 1200,
    positives: 14,
    scored: 1200,
    score_sum: 41.25,
    latency_ms: { bounds: [1, 10, 100], counts: [10, 1180, 10, 0] },
  },
});
