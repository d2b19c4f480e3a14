import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const DeploymentStarted = defineEvent({
  type: 'serving.deployment.started',
  version: 1,
  topic: 'serving.status',
  key: 'deployment',
  owner: 'serving',
  meaning: 'Where a deployment begins to read vectors; a fact before its first prediction.',
  schema: Type.Object({
    deployment: Type.String(),
    service: Type.String(),
    offsets: Type.Array(Type.Integer(), { description: 'first vector offset of each partition' }),
  }),
  sample: { deployment: 'fraud', service: 'fraud', offsets: [120, 98, 110, 104] },
});
