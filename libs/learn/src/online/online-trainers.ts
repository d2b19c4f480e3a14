import { log } from '#kernel';
import { rowMajor } from '../data-set';
import { defineTrainer, type Trainer } from '../trainer';
import { beginOnline, ONLINE } from './learner';
import type { OnlineDefinition, OnlineLearner } from './online-learner';

/** How often a fit asks whether it is to stop. */
const ROWS_BETWEEN_LOOKS = 1_024;

/** The learner as a trainer of data sets: it learns each row once, in their order. */
const trainerOver = ({ kind, parameters: specs }: OnlineDefinition): Trainer =>
  defineTrainer({
    kind,
    tasks: ['binary', 'multiclass'],
    parameters: specs,
    learn({
      task,
      seed,
      parameters,
      featureNames,
      columns,
      labels,
      classes,
      validation,
      checkpoint,
      report,
    }) {
      const learner = beginOnline({
        kind,
        task: task === 'binary' ? 'binary' : 'multiclass',
        featureNames,
        classes: task === 'binary' ? 2 : classes,
        parameters,
        seed,
      });
      const width = featureNames.length;
      const rows = rowMajor(columns);
      labels.forEach((label, row) => {
        if (row % ROWS_BETWEEN_LOOKS === 0) checkpoint();
        learner.learnOne(rows.subarray(row * width, (row + 1) * width), label);
      });
      report(() => ({
        iteration: 1,
        iterations: 1,
        metric: 'log_loss',
        train: lossOf(learner, rows, labels),
        ...(validation && { validation: lossOf(learner, rowMajor(validation.columns), validation.labels) }),
      }));
      const outputs = task === 'binary' ? 1 : classes;
      return {
        outputs,
        importance: learner.importance(),
        predict: (given) => answersOf(learner, given, outputs),
        toOnnx: () => learner.toOnnx(),
      };
    },
  });

export const ONLINE_TRAINERS = {
  'online-logistic': trainerOver(ONLINE['online-logistic']),
  'hoeffding-tree': trainerOver(ONLINE['hoeffding-tree']),
  'adaptive-random-forest': trainerOver(ONLINE['adaptive-random-forest']),
};

/** Rounded to float32 as the model file answers. */
const answersOf = (learner: OnlineLearner, rows: Float32Array, outputs: number): Float64Array => {
  const width = learner.settings.featureNames.length;
  const answers = new Float64Array((rows.length / width) * outputs);
  for (let row = 0; row * width < rows.length; row++) {
    const probabilities = learner.predictOne(rows.subarray(row * width, (row + 1) * width));
    for (let k = 0; k < outputs; k++)
      answers[row * outputs + k] = Math.fround(probabilities[outputs === 1 ? 1 : k]!);
  }
  return answers;
};

const lossOf = (learner: OnlineLearner, rows: Float32Array, labels: Float64Array): number => {
  const width = learner.settings.featureNames.length;
  let loss = 0;
  labels.forEach((label, row) => {
    const probabilities = learner.predictOne(rows.subarray(row * width, (row + 1) * width));
    loss -= log(Math.max(probabilities[label] ?? 0, Number.EPSILON));
  });
  return loss / labels.length;
};
