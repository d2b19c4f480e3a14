import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const DeploymentStarted = defineEvent({
  type: 'serving.deployment.started',
  version: 1,
  topic: 'serving.status',
  key: 'deployment',
  owner: 'serving',
  meaning:
    'Where a deployment begins to read vectors, or requests of a bound topic; a fact before its first answer.',
  schema: Type.Object({
    deployment: Type.String(),
    service: Type.String(),
    topic: Type.Optional(
      Type.String({ description: 'the bound topic of requests whose offsets these are; absent: of vectors' }),
    ),
    offsets: Type.Array(Type.Integer(), { description: 'first vector offset of each partition' }),
  }),
  sample: { deployment: 'fraud', service: 'fraud', offsets: [120, 98, 110, 104] },
});
