import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const VectorComputed = defineEvent({
  type: 'feature.vector.computed',
  version: 1,
  topic: 'feature.vectors.<service>',
  key: 'the entity key of the trigger',
  owner: 'feature',
  meaning: 'What was known about the entity when this trigger event was folded.',
  schema: Type.Object({
    event_id: Type.String(),
    entity: Type.Record(Type.String(), Type.String()),
    event_time: Type.String(),
    trigger: Type.String({ description: 'position of the trigger in its observations topic' }),
    values: Type.Record(Type.String(), Type.Array(Type.Union([Type.Number(), Type.Null()])), {
      description: 'service revision -> values in the order of the definition',
    }),
  }),
  sample: {
    event_id: 'tx-1',
    entity: { customer_id: '4961' },
    event_time: '2018-05-01T10:03:11.000Z',
    trigger: '2-18273',
    values: { '1': [77.16, 0, 3, 60.21] },
  },
});
