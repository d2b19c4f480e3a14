import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const PredictionMade = defineEvent({
  type: 'serving.prediction.made',
  version: 1,
  topic: 'serving.predictions.<deployment>',
  key: 'the entity key of the trigger',
  owner: 'serving',
  meaning: 'What the model said about a vector, and which model said it.',
  schema: Type.Object({
    event_id: Type.String(),
    entity: Type.Record(Type.String(), Type.String()),
    event_time: Type.String(),
    model: Type.String(),
    version: Type.Integer(),
    route: Type.String(),
    output: Type.Object({
      probability: Type.Optional(
        Type.Union([Type.Number(), Type.Null()], { description: 'binary: of the positive class' }),
      ),
      probabilities: Type.Optional(
        Type.Array(Type.Union([Type.Number(), Type.Null()]), {
          description: 'multiclass: of class 0, 1, ...',
        }),
      ),
      value: Type.Optional(Type.Union([Type.Number(), Type.Null()], { description: 'regression' })),
      score: Type.Optional(
        Type.Union([Type.Number(), Type.Null()], { description: 'anomaly: greater is stranger' }),
      ),
      items: Type.Optional(
        Type.Array(Type.Object({ score: Type.Union([Type.Number(), Type.Null()]) }), {
          description: 'ranking: greater is better',
        }),
      ),
    }),
    decision: Type.Optional(
      Type.Boolean({ description: 'only with a threshold: probability, value or score >= threshold' }),
    ),
    vector: Type.String({ description: 'position of the vector' }),
  }),
  sample: {
    event_id: 'tx-1',
    entity: { customer_id: '4961' },
    event_time: '2018-05-01T10:03:11.000Z',
    model: 'fraud',
    version: 3,
    route: 'champion',
    output: { probability: 0.0312 },
    decision: false,
    vector: '2-18273',
  },
});
