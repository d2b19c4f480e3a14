import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const TopicAnswered = defineEvent({
  type: 'serving.topic.answered',
  version: 1,
  topic: 'serving.answers.<deployment>',
  key: 'as the request',
  owner: 'serving',
  meaning:
    'The answer to one record of a bound topic: an inference response of the Open Inference Protocol, or its error. `ce_id` is the position of the request.',
  schema: Type.Union([
    Type.Object({
      model_name: Type.String(),
      model_version: Type.String(),
      id: Type.Optional(Type.String()),
      parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      outputs: Type.Array(
        Type.Object({
          name: Type.String(),
          datatype: Type.Literal('FP32'),
          shape: Type.Array(Type.Integer()),
          data: Type.Array(Type.Union([Type.Number(), Type.Null()])),
        }),
      ),
    }),
    Type.Object({ id: Type.Optional(Type.String()), error: Type.String() }),
  ]),
  sample: {
    model_name: 'fraud',
    model_version: '3',
    id: 'order-1',
    outputs: [{ name: 'probability', datatype: 'FP32', shape: [1, 1], data: [0.0312] }],
  },
});
