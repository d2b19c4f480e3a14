import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

const fact = { version: 1, topic: 'monitoring.rollouts', key: 'deployment', owner: 'monitoring' } as const;

const Nullable = Type.Union([Type.Number(), Type.Null()]);

export const RolloutJudged = defineEvent({
  ...fact,
  type: 'monitoring.rollout.judged',
  meaning:
    'What was seen of the new version in a step of a rollout: worse at once when a limit is broken, fine or undecided when the interval is over.',
  schema: Type.Object({
    deployment: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    baseline: Type.Integer({ minimum: 1 }),
    began: Type.String({ description: 'which rollout of the version, as the deployment says it' }),
    step: Type.Integer({ minimum: 0 }),
    since: Type.String({ description: 'when the step began, as the deployment says it' }),
    verdict: Type.Enum(['fine', 'worse', 'undecided'], {
      description: 'undecided: fewer rows than a limit wants; the step goes on',
    }),
    measured: Type.Array(
      Type.Object({
        metric: Type.String(),
        value: Nullable,
        baseline: Type.Optional(
          Type.Union([Type.Number(), Type.Null()], {
            description: 'of the version before; the limit is held against the difference',
          }),
        ),
        above: Type.Optional(Type.Number()),
        below: Type.Optional(Type.Number()),
        rows: Type.Integer(),
        verdict: Type.Enum(['fine', 'worse', 'undecided']),
      }),
      { description: 'each limit with what it was held against' },
    ),
    message: Type.String({ description: 'one sentence for people' }),
    sources: Type.Array(Type.String(), { description: 'positions of the last facts that it rests on' }),
  }),
  sample: {
    deployment: 'fraud',
    version: 4,
    baseline: 3,
    began: '0-41',
    step: 0,
    since: '2026-01-01T00:00:00.000Z',
    verdict: 'worse',
    measured: [{ metric: 'error_rate', value: 0.031, above: 0.01, rows: 512, verdict: 'worse' }],
    message: 'error_rate of version 4 is 0.031, the limit is 0.01',
    sources: ['serving.status:0-41'],
  },
});

export const ExperimentMeasured = defineEvent({
  ...fact,
  type: 'monitoring.experiment.measured',
  meaning: 'What the arms of a bandit have earned since it began.',
  schema: Type.Object({
    deployment: Type.String(),
    since: Type.String({ description: 'when the shares were decided, as the deployment says it' }),
    arms: Type.Array(
      Type.Object({
        route: Type.String(),
        version: Type.Integer({ minimum: 1 }),
        trials: Type.Integer({ minimum: 0, description: 'labels that came' }),
        successes: Type.Integer({ minimum: 0 }),
      }),
    ),
    sources: Type.Array(Type.String(), { description: 'positions of the last facts that it rests on' }),
  }),
  sample: {
    deployment: 'fraud',
    since: '2026-01-01T00:00:00.000Z',
    arms: [
      { route: 'champion', version: 3, trials: 480, successes: 441 },
      { route: 'challenger', version: 4, trials: 120, successes: 115 },
    ],
    sources: ['monitoring.inputs:0-97'],
  },
});
