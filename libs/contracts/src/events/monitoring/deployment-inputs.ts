import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Chunk, Timestamp } from './shapes';

const input = {
  version: 1,
  topic: 'monitoring.inputs.<deployment>',
  key: 'the id of the predicted event',
  owner: 'monitoring',
} as const;

export const PredictionRouted = defineEvent({
  ...input,
  type: 'monitoring.prediction.routed',
  meaning: 'What of a prediction its label will be compared with. `ce_id` is the position of the prediction.',
  schema: Type.Object({
    event_id: Type.String(),
    event_time: Timestamp('of the event'),
    version: Type.Integer({ minimum: 1 }),
    threshold: Type.Union([Type.Number(), Type.Null()]),
    score: Type.Union([Type.Number(), Type.Null()]),
    window_ms: Type.Optional(
      Type.Integer({ minimum: 1, description: 'of the monitor that held when it was made' }),
    ),
    chunk: Type.Optional(Chunk),
    chunk_rows: Type.Optional(Type.Integer({ minimum: 1, description: 'windows by count: rows of a part' })),
    maturity_ms: Type.Integer({ minimum: 0, description: 'how long its label takes' }),
    trial: Type.Optional(
      Type.Object(
        {
          name: Type.String({ description: 'the input that began the rollout, or the salt of the bandit' }),
          route: Type.String(),
        },
        { description: 'the rollout or bandit that it is part of: its label is counted when it comes' },
      ),
    ),
    slices: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'value by field, of those that are watched' }),
    ),
    detect: Type.Optional(
      Type.Array(Type.String(), { description: 'detectors that its error is for, once its label comes' }),
    ),
  }),
  sample: {
    event_id: 'tx-1',
    event_time: '2018-05-01T10:03:11.000Z',
    version: 3,
    threshold: 0.5,
    score: 0.0312,
    window_ms: 86_400_000,
    maturity_ms: 604_800_000,
  },
});

export const LabelRouted = defineEvent({
  ...input,
  type: 'monitoring.label.routed',
  meaning:
    'A label assertion. `ce_id` is the position of its observation; a later one about the same event wins.',
  schema: Type.Object({
    event_id: Type.String(),
    known_at: Timestamp('event time of the label'),
    value: Type.Union([Type.Number(), Type.Null()], { description: 'true is 1, false is 0; null withdraws' }),
  }),
  sample: { event_id: 'tx-1', known_at: '2018-05-08T10:03:11.000Z', value: 0 },
});

export const ClockTicked = defineEvent({
  ...input,
  key: 'none',
  type: 'monitoring.clock.ticked',
  meaning:
    'Some time went by: what labels changed in windows that were measured before is handed on. `ce_id` is a request id.',
  schema: Type.Object({ now: Timestamp('when the tick was made') }),
  sample: { now: '2026-01-01T00:00:10.000Z' },
});
