import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const PartFailed = defineEvent({
  type: 'feature.part.failed',
  version: 1,
  topic: 'feature.parts.<service>',
  key: 'the key of the record that was set aside',
  owner: 'feature',
  meaning: 'A stage set the trigger aside: there will be no part, and the trigger goes to dead letters.',
  schema: Type.Object({
    trigger: Type.String({ description: 'position of the trigger in its observations topic' }),
    stage: Type.String({ description: 'the entity of the stage' }),
    revision: Type.Optional(Type.String({ description: 'the revision that failed; absent where all did' })),
    code: Type.String(),
    reason: Type.String(),
  }),
  sample: {
    trigger: '2-18273',
    stage: 'terminal_id',
    revision: '1',
    code: 'DEFECT',
    reason: 'Cannot read properties of undefined',
  },
});
