import { Refused } from '#kernel';
import { classesOf, dataFaults, float32Columns, singleClassOf, type DataSet, type Task } from './data-set';
import {
  nameFaults,
  parameterFaults,
  withDefaults,
  type Parameters,
  type ParameterSpecs,
} from './parameters';
import type { OnlineKind } from './online/online-learner';

/** A trainer joins by its name here, in TRAINERS (trainers.ts) and in the contracts (definitions/kinds/model.ts). */
export type TrainerKind =
  | 'gbdt'
  | 'logistic'
  | 'linear'
  | 'isolation-forest'
  | 'kmeans'
  | 'matrix-factorisation'
  | 'bandit'
  | OnlineKind;

export interface FitProgress {
  /** Iterations (trees, solver steps) done so far, from 1. */
  readonly iteration: number;
  readonly iterations: number;
  /** What `train` and `validation` are measured in, such as `log_loss` or `rmse`; smaller is better. */
  readonly metric: string;
  /** Of the training rows; trees measure at most 16,384 of them, evenly spaced, so that watching costs little. */
  readonly train: number;
  /** On all rows of the validation set, if there is one. */
  readonly validation?: number;
}

export interface FitOptions {
  readonly task: Task;
  /** A whole number in [0, 2^32). Same data, parameters and seed: same model, to the byte. */
  readonly seed: number;
  /** Watched, and used for early stopping; never trained on. Its features are those of the training data, in the same order. */
  readonly validation?: DataSet;
  readonly onProgress?: (progress: FitProgress) => void;
  /** Asked before each iteration; when true, `fit` throws PLAYHEAD_LEARN_CANCELLED. */
  readonly shouldStop?: () => boolean;
}

export interface FittedModel {
  readonly kind: TrainerKind;
  readonly task: Task;
  readonly featureNames: readonly string[];
  /** The share of each feature in what the model learned, in the features' order; they sum to 1, or are all 0. */
  readonly importance: Float64Array;
  /** Numbers that `predict` answers for a row: the classes of a multiclass task, else 1. */
  readonly outputs: number;
  /**
   * What the task says of each row of `rows` ([n, features] row after row, NaN = missing): [n, outputs] row after row.
   * Agrees with ONNX Runtime on `toOnnx()` to 1e-6 (relative to the value, where that is above 1).
   */
  predict(rows: Float32Array): Float64Array;
  /**
   * How much each feature moved the margin (log-odds, value) of each row: [n, outputs, features + 1] row after row; the last is what
   * the model says of an average row. They sum to the margin. Absent where the trainer cannot say.
   */
  contributions?(rows: Float32Array): Float64Array;
  /** What contributions to the answers of the model file need beside it, as text (`openExplainer`); absent where that is nothing. */
  explanation?(): string;
  /** The model file: `input` FP32 [-1, features] to the output of the task (onnx/model.ts), preprocessing included. */
  toOnnx(): Uint8Array;
}

export interface Trainer {
  readonly kind: TrainerKind;
  readonly tasks: readonly Task[];
  readonly parameters: ParameterSpecs;
  /** Every reason why these parameters cannot be used for `task`; empty when they can. */
  faults(task: Task, parameters: Readonly<Record<string, unknown>>): string[];
  /**
   * Learns a model. Blocks until done; `data` is left as it was.
   * @throws Refused PLAYHEAD_LEARN_INVALID with all faults of data and parameters in `details.faults`.
   * @throws Refused PLAYHEAD_LEARN_CANCELLED soon after `shouldStop` says so.
   */
  fit(data: DataSet, parameters: Readonly<Record<string, unknown>>, options: FitOptions): FittedModel;
}

/** What the learning part of a trainer is given: everything checked, values in float32. */
export interface Fit<P> {
  readonly task: Task;
  readonly seed: number;
  readonly parameters: P;
  readonly featureNames: readonly string[];
  readonly columns: readonly Float32Array[];
  readonly labels: Float64Array;
  /** ranking: the query of each row. */
  readonly groups?: Float64Array;
  /** binary: 2; multiclass: how many there are in the training data; else 0. */
  readonly classes: number;
  readonly validation: {
    readonly columns: readonly Float32Array[];
    readonly labels: Float64Array;
    readonly groups?: Float64Array;
  } | null;
  /** Throws when the run was cancelled. */
  checkpoint(): void;
  /** Reports progress; `measure` is only called when somebody listens. */
  report(measure: () => FitProgress): void;
}

interface TrainerDefinition<S extends ParameterSpecs> {
  readonly kind: TrainerKind;
  readonly tasks: readonly Task[];
  readonly parameters: S;
  /** Every reason why parameters that are right one by one do not go together, or not with the task. */
  rules?(task: Task, parameters: Parameters<S>): string[];
  /** `outputs` is 1 where it is not said. */
  learn(
    fit: Fit<Parameters<S>>,
  ): Omit<FittedModel, 'kind' | 'task' | 'featureNames' | 'outputs'> & { readonly outputs?: number };
}

/** A trainer around a learning function: all checks, cancelling and progress are the same for all of them. */
export const defineTrainer = <S extends ParameterSpecs>(definition: TrainerDefinition<S>): Trainer => {
  const { kind, tasks, parameters: specs } = definition;
  const faults: Trainer['faults'] = (task, given) => {
    const wrong = [
      ...(tasks.includes(task) ? [] : [`"${kind}" learns ${tasks.join(' and ')}, not ${task}`]),
      ...parameterFaults(specs, given),
    ];
    return wrong.length > 0 ? wrong : (definition.rules?.(task, withDefaults(specs, given)) ?? []);
  };
  return {
    kind,
    tasks,
    parameters: specs,
    faults,
    fit(data, given, options) {
      const { task, seed, validation, onProgress, shouldStop } = options;
      const wrong = faults(task, given);
      refuseIfAny([
        ...wrong,
        ...(wrong.length > 0
          ? []
          : nameFaults(specs, given, data.featureNames, classesIn(task, data.labels))),
        ...optionFaults(given, options),
        ...fitFaults(data, options),
      ]);
      const model = definition.learn({
        task,
        seed,
        parameters: withDefaults(specs, given),
        featureNames: data.featureNames,
        columns: float32Columns(data.columns),
        labels: data.labels,
        ...(data.groups && { groups: data.groups }),
        classes: classesIn(task, data.labels),
        validation: validation
          ? {
              columns: float32Columns(validation.columns),
              labels: validation.labels,
              ...(validation.groups && { groups: validation.groups }),
            }
          : null,
        checkpoint: () => {
          if (shouldStop?.()) throw new Refused('PLAYHEAD_LEARN_CANCELLED', 'the training run was cancelled');
        },
        report: (measure) => onProgress?.(measure()),
      });
      return { kind, task, featureNames: [...data.featureNames], outputs: 1, ...model };
    },
  };
};

const classesIn = (task: Task, labels: Float64Array): number =>
  task === 'binary' ? 2 : task === 'multiclass' ? classesOf(labels) : 0;

const optionFaults = (
  given: Readonly<Record<string, unknown>>,
  { seed, validation }: FitOptions,
): string[] => [
  ...(Number.isInteger(seed) && seed >= 0 && seed < 4294967296
    ? []
    : [`seed must be a whole number from 0 to 2^32 - 1, not ${seed}`]),
  ...(Number(given.early_stopping_rounds) > 0 && !validation
    ? ['early_stopping_rounds needs a validation set']
    : []),
];

const fitFaults = (data: DataSet, { task, validation }: FitOptions): string[] => {
  const faults = dataFaults(task, data);
  const only =
    (task === 'binary' || task === 'multiclass') && faults.length === 0 ? singleClassOf(data.labels) : null;
  if (only !== null)
    faults.push(
      `all ${data.labels.length} labels are ${only}; a ${task} task needs ${task === 'binary' ? 'both' : 'more'} classes`,
    );
  if (!validation) return faults;
  faults.push(...dataFaults(task, validation, 'validation'));
  if (task === 'multiclass' && classesOf(validation.labels) > classesOf(data.labels))
    faults.push(
      `validation has the class ${classesOf(validation.labels) - 1}, which the training data do not have`,
    );
  if (validation.featureNames.join('\n') !== data.featureNames.join('\n')) {
    faults.push('validation does not have the features of the training data in the same order');
  }
  return faults;
};

const refuseIfAny = (faults: readonly string[]): void => {
  if (faults.length === 0) return;
  throw new Refused('PLAYHEAD_LEARN_INVALID', `cannot train:\n  - ${faults.join('\n  - ')}`, {
    details: { faults },
  });
};
