import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const RoutesTaken = defineEvent({
  type: 'serving.routes.taken',
  version: 1,
  topic: 'serving.status',
  key: 'deployment',
  owner: 'serving',
  meaning:
    'From which vector of a partition on other routes answer. Said by who owns the partition; a second one of the same position says the same.',
  schema: Type.Object({
    deployment: Type.String(),
    control: Type.Integer({ minimum: 0, description: 'offset of `registry.deployments` that brought them' }),
    partition: Type.Integer({ minimum: 0 }),
    offset: Type.Integer({ minimum: 0, description: 'of the first vector that they answer' }),
    routes: Type.Array(
      Type.Object({
        route: Type.String(),
        version: Type.Integer({ minimum: 1 }),
        share: Type.Number({ description: 'percent of the entities' }),
      }),
    ),
  }),
  sample: {
    deployment: 'fraud',
    control: 12,
    partition: 2,
    offset: 18273,
    routes: [
      { route: 'champion', version: 3, share: 95 },
      { route: 'canary', version: 4, share: 5 },
    ],
  },
});
