import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const PartComputed = defineEvent({
  type: 'feature.part.computed',
  version: 1,
  topic: 'feature.parts.<service>',
  key: 'the entity of the stage; none where the trigger names none',
  owner: 'feature',
  meaning: "One stage's part of a vector: what was known about the stage's entity when the trigger came by.",
  schema: Type.Object({
    trigger: Type.String({ description: 'position of the trigger in its observations topic' }),
    stage: Type.String({ description: 'the entity of the stage' }),
    values: Type.Record(Type.String(), Type.Array(Type.Union([Type.Number(), Type.Null()])), {
      description: "service revision -> values of the stage's views in the order of the definition",
    }),
  }),
  sample: { trigger: '2-18273', stage: 'terminal_id', values: { '1': [0.25, 4] } },
});
