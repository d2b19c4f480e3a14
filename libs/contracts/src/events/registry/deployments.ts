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
  route: Type.String({
    description:
      'champion; canary, the new version of a rollout; standby, the one before of blue-green; shadow; or the alias of an arm',
  }),
  share: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 100,
      description: 'percent of the entities; the champion has what is left by the others',
    }),
  ),
  version: Type.Integer({ minimum: 1 }),
  artifact: Sha('the ONNX file'),
  profile: Sha('the reference profile that monitoring compares with'),
  revision: Revision,
  definition: Sha('digest of the feature service revision that the version reads'),
  features: Type.Array(Type.String(), { description: 'its inputs, in order' }),
});

const Bounds = { min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) };

/** A Monitor, resolved: what is not asked for is absent. `MonitorOptions` of the definitions says what each means. */
export const MonitorReference = Type.Object({
  name: Type.String(),
  revision: Revision,
  digest: Sha('digest of that revision'),
  window_ms: Type.Optional(
    Type.Integer({ minimum: 1, description: 'one report for each window of event time' }),
  ),
  window_rows: Type.Optional(
    Type.Integer({ minimum: 1, description: 'instead: one report for so many predictions' }),
  ),
  reference: Type.Optional(
    Type.Object(
      { windows: Type.Integer({ minimum: 1 }), back: Type.Integer({ minimum: 0 }) },
      { description: 'earlier windows to compare with; absent: the profile of the training rows' },
    ),
  ),
  drift: Type.Object({
    features: Type.Union([Type.Literal('auto'), Type.Array(Type.String())]),
    statistic: Type.Optional(Type.String({ description: 'absent: psi' })),
    threshold: Type.Optional(
      Type.Union([Type.Number(), Type.Literal('auto')], {
        description:
          'at or above which a feature has drifted (for a p-value: at or below); auto: learned from the reference; absent: each statistic has its own',
      }),
    ),
    correction: Type.Optional(Type.Literal('benjamini-hochberg')),
    share: Type.Optional(Type.Number({ description: 'of drifted features: drift of the data set' })),
    multivariate: Type.Optional(Type.Literal('pca')),
  }),
  quality: Type.Optional(
    Type.Object({
      missing: Type.Optional(Type.Number()),
      unseen: Type.Optional(Type.Number()),
      range: Type.Optional(Type.Number()),
      duplicates: Type.Optional(Type.Number()),
      freshness_ms: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
  ),
  metric: Type.Union([Type.String(), Type.Null()], {
    description: 'realised performance, once labels are mature',
  }),
  estimate: Type.Optional(Type.Enum(['cbpe', 'dle'])),
  limits: Type.Optional(
    Type.Union([Type.Literal('auto'), Type.Object(Bounds)], {
      description: 'what the metric is held against; absent: the gates of the version',
    }),
  ),
  detect: Type.Optional(Type.Array(Type.String(), { description: 'detectors on the errors of predictions' })),
  slices: Type.Optional(Type.Array(Type.String(), { description: 'fields of the trigger, or features' })),
  fairness: Type.Optional(
    Type.Array(Type.Object({ group: Type.String(), metric: Type.String(), ...Bounds })),
  ),
  alert: Type.Optional(
    Type.Object({
      to: Type.Array(
        Type.Object({
          webhook: Type.Optional(Type.String()),
          secret: Type.Optional(Type.String({ description: 'the environment variable with its key' })),
          alertmanager: Type.Optional(Type.String()),
          slack: Type.Optional(Type.String()),
          email: Type.Optional(Type.Array(Type.String())),
        }),
      ),
      group: Type.Enum(['deployment', 'none']),
      wait_ms: Type.Integer({ minimum: 0 }),
      repeat_ms: Type.Integer({ minimum: 0 }),
    }),
  ),
});

/** What takes a new version back: `RouteMetric` of the definitions. */
export const RouteLimit = Type.Object({
  metric: Type.String(),
  above: Type.Optional(Type.Number()),
  below: Type.Optional(Type.Number()),
  against: Type.Optional(
    Type.Literal('champion', {
      description: 'the value is that of the new version less that of the one before',
    }),
  ),
  rows: Type.Integer({ minimum: 1, description: 'predictions, or labels, that it takes to say so' }),
});

/** A rollout as it is. */
export const RolloutInForce = Type.Object({
  strategy: Type.Enum(['canary', 'blue-green']),
  version: Type.Integer({ minimum: 1, description: 'that comes' }),
  baseline: Type.Integer({ minimum: 1, description: 'that goes, or comes back' }),
  began: Type.String({
    description: 'position of the input that began it: tells two rollouts of a version apart',
  }),
  step: Type.Integer({ minimum: 0, description: 'index into `steps`' }),
  steps: Type.Array(Type.Number(), { description: 'shares of the new version in percent' }),
  interval_ms: Type.Integer({ minimum: 1, description: 'how long a step is watched' }),
  since: Type.String({ description: 'when the step began: append time of the input that began it' }),
  paused: Type.Optional(Type.Boolean({ description: 'by an operator: no step begins until it is resumed' })),
  abort: Type.Array(RouteLimit),
});

export const SAMPLE_ROLLOUT = {
  strategy: 'canary' as const,
  version: 4,
  baseline: 3,
  began: '0-41',
  step: 0,
  steps: [5, 25, 100],
  interval_ms: 3_600_000,
  since: '2026-01-01T00:00:00.000Z',
  abort: [{ metric: 'error_rate', above: 0.01, rows: 100 }],
};

const Bandit = Type.Object({
  interval_ms: Type.Integer({ minimum: 1 }),
  reward: Type.Enum(['label', 'accuracy']),
  explore: Type.Number({ description: 'least share of an arm, percent' }),
  since: Type.String({ description: 'when its shares were decided last: append time of the input' }),
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
    salt: Type.Optional(
      Type.String({
        description: 'of the hash that gives an entity its route; the same salt, the same assignment',
      }),
    ),
    rollout: Type.Optional(RolloutInForce),
    bandit: Type.Optional(Bandit),
    logging: Type.Optional(
      Type.Object(
        {
          mode: Type.Enum(['durable', 'async', 'sampled']),
          sample: Type.Optional(Type.Number({ description: 'share that is kept, from 0 to 1' })),
        },
        {
          description:
            'how answers of the doors come to `serving.requests.<deployment>`; absent: they do not',
        },
      ),
    ),
    bind: Type.Optional(Type.String({ description: 'full name of a topic whose records are requests' })),
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
