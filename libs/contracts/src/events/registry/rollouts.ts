import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { RolloutJudged } from '../monitoring/rollouts';
import { Actor, Evidence } from '../shapes';
import { RolloutInForce, SAMPLE_ROLLOUT } from './deployments';

/** What the registry decides about routes, with the reason; what runs because of it is said on `registry.deployments`. */
const fact = { version: 1, topic: 'registry.rollouts', owner: 'registry', key: 'deployment' } as const;

export const RolloutChanged = defineEvent({
  ...fact,
  type: 'registry.rollout.changed',
  meaning:
    'A rollout began, took a step, was prolonged, paused, resumed or ended: because of what, and on what evidence.',
  schema: Type.Object({
    deployment: Type.String(),
    model: Type.String(),
    change: Type.Enum(
      [
        'began',
        'advanced',
        'prolonged',
        'paused',
        'resumed',
        'redefined',
        'completed',
        'aborted',
        'superseded',
      ],
      {
        description:
          'redefined: the deployment says other steps, intervals or limits; completed: the new version answers alone; aborted: the one before answers again; superseded: ended by something newer',
      },
    ),
    rollout: RolloutInForce,
    reason: Type.String({ description: 'one sentence for people' }),
    changed_by: Actor,
    measured: Type.Optional(RolloutJudged.schema.properties.measured),
    evidence: Type.Optional(Type.Array(Evidence)),
  }),
  sample: {
    deployment: 'fraud',
    model: 'fraud',
    change: 'aborted',
    rollout: SAMPLE_ROLLOUT,
    reason: 'error_rate of version 4 is 0.031, the limit is 0.01',
    changed_by: 'rollout policy',
    measured: RolloutJudged.sample.measured,
    evidence: [{ kind: 'verdict', id: 'monitoring.rollouts:0-4' }],
  },
});

export const ExperimentWeighed = defineEvent({
  ...fact,
  type: 'registry.experiment.weighed',
  meaning:
    'The arms of an experiment with their shares: as the definition says them when it begins, by what they earned later. Without arms it is over.',
  schema: Type.Object({
    deployment: Type.String(),
    model: Type.String(),
    strategy: Type.Enum(['ab', 'bandit']),
    revision: Type.String({ description: 'of the deployment, at which the experiment began' }),
    definition: Type.String({ description: 'SHA-256 of what the deployment says of the experiment' }),
    arms: Type.Array(
      Type.Object({
        route: Type.String(),
        share: Type.Number({ description: 'percent of the entities' }),
        trials: Type.Integer({ minimum: 0, description: 'since it began' }),
        successes: Type.Integer({ minimum: 0 }),
        best: Type.Optional(Type.Number({ description: 'probability that it is the best arm' })),
      }),
    ),
    reason: Type.String({ description: 'one sentence for people' }),
    changed_by: Actor,
    evidence: Type.Optional(Type.Array(Evidence)),
  }),
  sample: {
    deployment: 'fraud',
    model: 'fraud',
    strategy: 'bandit',
    revision: '2',
    definition: '5f16f0a4e5c2ae7f6d1ef2bd7a17ea1d5a90a1b7c5c4d9bf0d7f3c39a1f1c9f2',
    arms: [
      { route: 'champion', share: 24.5, trials: 480, successes: 441, best: 0.245 },
      { route: 'challenger', share: 75.5, trials: 120, successes: 115, best: 0.755 },
    ],
    reason: 'challenger is the best arm with probability 0.755',
    changed_by: 'experiment policy',
    evidence: [{ kind: 'measurement', id: 'monitoring.rollouts:0-5' }],
  },
});
