import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Parameters } from '../shapes';

/** The trials of a run that searches for its parameters: started, then completed or failed. */
const fact = { version: 1, topic: 'training.runs', key: 'run', owner: 'training' } as const;

const Tried = {
  run: Type.String(),
  trial: Type.Integer({ minimum: 1, description: 'counted from 1' }),
  trainer: Type.String(),
  parameters: Parameters,
  resource: Type.Number({ description: 'share of the trees, or else of the rows, that it is given' }),
  promoted: Type.Optional(
    Type.Integer({ minimum: 1, description: 'the trial of the same parameters with less resource' }),
  ),
};

const Trial = { ...Tried, model: Type.String() };

const TRIED = {
  run: 'run-0-12',
  trial: 13,
  trainer: 'gbdt',
  parameters: { trees: 100, depth: 4, learning_rate: 0.0731 },
  resource: 1,
};
const SAMPLE = { ...TRIED, model: 'fraud' };

export const TrainingTrialStarted = defineEvent({
  ...fact,
  type: 'training.trial.started',
  meaning: 'A search tries these parameters.',
  schema: Type.Object(Trial),
  sample: SAMPLE,
});

export const TrainingTrialCompleted = defineEvent({
  ...fact,
  type: 'training.trial.completed',
  meaning: 'What the parameters reach on rows cut from the training rows; the hold-out stays unseen.',
  schema: Type.Object({
    ...Trial,
    metric: Type.String(),
    value: Type.Union([Type.Number(), Type.Null()], {
      description: 'null where the metric has none on these rows',
    }),
    seconds: Type.Number({ description: 'of the fit' }),
  }),
  sample: { ...SAMPLE, metric: 'average_precision', value: 0.61, seconds: 1.4 },
});

export const TrainingTrialFailed = defineEvent({
  ...fact,
  type: 'training.trial.failed',
  meaning: 'The parameters gave no model; the search goes on without them.',
  schema: Type.Object({ ...Trial, code: Type.String(), message: Type.String(), seconds: Type.Number() }),
  sample: { ...SAMPLE, code: 'PLAYHEAD_LEARN_CRASHED', message: 'out of memory', seconds: 0.2 },
});

export const TrainingInputTrialReported = defineEvent({
  ...fact,
  topic: 'training.inputs',
  type: 'training.input.trial-reported',
  meaning:
    'How a trial ended; appended by the effect that ran it, under a request id made from run and trial.',
  schema: Type.Union([
    Type.Object({
      ...Tried,
      outcome: Type.Literal('completed'),
      value: Type.Union([Type.Number(), Type.Null()]),
      seconds: Type.Number(),
    }),
    Type.Object({
      ...Tried,
      outcome: Type.Literal('failed'),
      code: Type.String(),
      message: Type.String(),
      seconds: Type.Number(),
    }),
  ]),
  sample: { ...TRIED, outcome: 'completed', value: 0.61, seconds: 1.4 },
});
