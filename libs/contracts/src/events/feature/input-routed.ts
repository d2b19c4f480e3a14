import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const InputRouted = defineEvent({
  type: 'feature.input.routed',
  version: 1,
  topic: 'feature.inputs.<service>.<entity>',
  key: 'the entity in its canonical form; none where the trigger names none',
  owner: 'feature',
  meaning:
    'An observation, byte for byte, in its place in the order in which a stage folds its streams. `ce_source` and `ce_id` name the observation, `ce_time` is the event time.',
  schema: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
  sample: {
    label_id: 'L-1',
    known_at: '2018-05-08T10:03:11.000Z',
    transaction_id: 'tx-1',
    customer_id: '4961',
    terminal_id: '3412',
    is_fraud: true,
  },
});
