import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import {
  LabelReference,
  Revision,
  ServiceReference,
  Sha,
  TaskName,
  SAMPLE_LABEL,
  SAMPLE_SERVICE,
  SAMPLE_SHA,
} from '../shapes';

/** One model version behind a deployment. */
const Route = Type.Object({
  route: Type.String({ description: 'champion; later also challenger, canary' }),
  version: Type.Integer({ minimum: 1 }),
  artifact: Sha('the ONNX file'),
  profile: Sha('the reference profile that monitoring compares with'),
  revision: Revision,
  definition: Sha('digest of the feature service revision that the version reads'),
  features: Type.Array(Type.String(), { description: 'its inputs, in order' }),
});

const MonitorReference = Type.Object({
  name: Type.String(),
  revision: Revision,
  digest: Sha('digest of that revision'),
  window_ms: Type.Integer({ minimum: 1, description: 'one report for each window of event time' }),
  drift: Type.Object({
    features: Type.Literal('auto'),
    threshold: Type.Number({ description: 'PSI at or above which a feature has drifted' }),
  }),
  metric: Type.Union([Type.String(), Type.Null()], {
    description: 'realised performance, once labels are mature',
  }),
});

export const DeploymentUpdated = defineEvent({
  type: 'registry.deployment.updated',
  version: 1,
  topic: 'registry.deployments',
  key: 'deployment',
  owner: 'registry',
  meaning:
    'What runs where from here on: resolved, with digests, so that serving and monitoring need no other control topic.',
  schema: Type.Object({
    deployment: Type.String(),
    revision: Revision,
    definition: Sha('digest of the deployment definition'),
    model: Type.String(),
    alias: Type.String(),
    task: TaskName,
    service: ServiceReference,
    from: Type.Enum(['now', 'beginning'], { description: 'the vectors that are scored first' }),
    threshold: Type.Union([Type.Number(), Type.Null()]),
    state: Type.Enum(['waiting', 'active'], { description: 'waiting: no version has the alias yet' }),
    routes: Type.Array(Route),
    label: LabelReference,
    monitor: Type.Union([MonitorReference, Type.Null()]),
  }),
  sample: {
    deployment: 'fraud',
    revision: '1',
    definition: SAMPLE_SHA.definition,
    model: 'fraud',
    alias: 'champion',
    task: 'binary',
    service: SAMPLE_SERVICE,
    from: 'now',
    threshold: 0.5,
    state: 'active',
    routes: [
      {
        route: 'champion',
        version: 3,
        artifact: SAMPLE_SHA.artifact,
        profile: SAMPLE_SHA.profile,
        revision: '1',
        definition: SAMPLE_SERVICE.digest,
        features: SAMPLE_SERVICE.features,
      },
    ],
    label: SAMPLE_LABEL,
    monitor: null,
  },
});
