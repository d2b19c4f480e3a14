import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { DatasetBuilt } from '../feature/dataset-built';
import { VectorComputed } from '../feature/vector-computed';

/**
 * What a model that learns label by label learns from: vectors and labels in one order, which is the order in which it learned (law L1).
 * Its state at an offset of this topic is a model version.
 */
const input = { version: 1, topic: 'training.inputs.<model>', owner: 'training' } as const;

export const LearnerVectorRouted = defineEvent({
  ...input,
  type: 'training.vector.routed',
  key: 'as of the vector',
  meaning: 'A vector of the feature service, byte for byte. `ce_id` is its position.',
  schema: VectorComputed.schema,
  sample: VectorComputed.sample,
});

export const LearnerLabelRouted = defineEvent({
  ...input,
  type: 'training.label.routed',
  key: 'the id of the event that it speaks of',
  meaning: 'A label assertion. `ce_id` is the position of its observation.',
  schema: Type.Object({
    event_id: Type.String(),
    value: Type.Union([Type.Number(), Type.Null()], { description: 'true is 1, false is 0; null withdraws' }),
  }),
  sample: { event_id: 'tx-1', value: 0 },
});

export const TrainingInputLearnerCut = defineEvent({
  version: 1,
  topic: 'training.inputs',
  key: 'run',
  owner: 'training',
  type: 'training.input.learner-cut',
  meaning:
    'The state of the learner that a run exports, or why there is none; appended by the effect that folded it, under a request id made from the run.',
  schema: Type.Union([
    Type.Object({
      run: Type.String(),
      outcome: Type.Literal('cut'),
      fact: Type.Object(DatasetBuilt.schema.properties, {
        description:
          'as of a data set: `digest` and both artifacts are of the state, `rows` what it learned from and what it was judged by, `cut` the inputs that it folded',
      }),
    }),
    Type.Object({
      run: Type.String(),
      model: Type.String(),
      outcome: Type.Literal('failed'),
      code: Type.String(),
      message: Type.String(),
    }),
  ]),
  sample: {
    run: 'run-0-12',
    outcome: 'cut',
    fact: {
      ...DatasetBuilt.sample,
      cut: [{ topic: 'training.inputs.fraud', partition: 0, from: 0, to: 4_200 }],
    },
  },
});
