import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

const Value = Type.Union([Type.Number(), Type.Null()]);

export const RequestAnswered = defineEvent({
  type: 'serving.request.answered',
  version: 1,
  topic: 'serving.requests.<deployment>',
  key: 'the entity key, or the id of the request',
  owner: 'serving',
  meaning:
    'A request of a door and its answer, with all that it takes to answer it again; labels name it by `event_id`.',
  schema: Type.Object({
    event_id: Type.String({
      description: 'id of the request: as the caller said, else made here and answered',
    }),
    protocol: Type.Enum(['rest-v2', 'rest-v1', 'grpc', 'predict']),
    entity: Type.Optional(Type.Record(Type.String(), Type.String())),
    event: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'as it was sent' })),
    vector: Type.Optional(Type.String({ description: 'position of the vector that was looked up' })),
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    route: Type.String(),
    rows: Type.Integer({ minimum: 1 }),
    features: Type.Array(Value, { description: '[rows, features] row after row; null: missing' }),
    output: Type.Array(Value, { description: '[rows, outputs] row after row' }),
    decision: Type.Optional(
      Type.Array(Type.Boolean(), { description: 'of each row; only with a threshold' }),
    ),
  }),
  sample: {
    event_id: '0198c0de-1001',
    protocol: 'rest-v2',
    model: 'fraud',
    version: 3,
    route: 'champion',
    rows: 1,
    features: [12.5, null, 3, 11.25],
    output: [0.0312],
    decision: [false],
  },
});
