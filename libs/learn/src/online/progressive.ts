import { log } from '#kernel';
import { mostProbable, type OnlineLearner } from './online-learner';
import type { Sink, Source } from './state-bytes';

export interface Observation {
  readonly x: ArrayLike<number>;
  readonly label: number;
}

export interface ProgressiveReport {
  /** Predictions whose label is known. */
  readonly observations: number;
  readonly accuracy: number;
  /** Accuracy beyond chance, as a share of what is possible (Cohen, 1960). */
  readonly kappa: number;
  /** Accuracy beyond that of the no-change baseline, as a share of what is possible (Zliobaite et al., 2015); null where that was always right. */
  readonly kappa_temporal: number | null;
  /** Accuracy of saying, each time, the last label known; the class 0 before there is one. */
  readonly no_change_accuracy: number;
  /** Mean of -log of the probability given to what came true, kept 2.2e-16 away from 0. */
  readonly log_loss: number;
}

/** A prediction that waits for its label: what was said, and what the no-change baseline said at that time. */
export interface Said {
  readonly probabilities: ArrayLike<number>;
  readonly noChange: number;
}

/** Counts what predictions were worth, in memory that does not grow. */
export class ProgressiveMeasure {
  /** [truth, said] row after row. */
  private readonly confusion: Float64Array;
  private noChangeRight = 0;
  private loss = 0;
  private last = 0;

  constructor(private readonly classes: number) {
    this.confusion = new Float64Array(classes * classes);
  }

  /** What is to be kept of a prediction until its label comes. */
  say(probabilities: ArrayLike<number>): Said {
    return { probabilities, noChange: this.last };
  }

  /** The label of a prediction has come. */
  judge({ probabilities, noChange }: Said, label: number): void {
    this.confusion[label * this.classes + mostProbable(probabilities)]!++;
    if (noChange === label) this.noChangeRight++;
    this.loss -= log(Math.max(probabilities[label]!, Number.EPSILON));
    this.last = label;
  }

  /** Null before the first label. */
  report(): ProgressiveReport | null {
    const { classes, confusion } = this;
    const observations = sumOf(confusion);
    if (observations === 0) return null;
    let right = 0;
    let chance = 0;
    for (let k = 0; k < classes; k++) {
      right += confusion[k * classes + k]!;
      let truths = 0;
      let saids = 0;
      for (let other = 0; other < classes; other++) {
        truths += confusion[k * classes + other]!;
        saids += confusion[other * classes + k]!;
      }
      chance += (truths / observations) * (saids / observations);
    }
    const accuracy = right / observations;
    const noChange = this.noChangeRight / observations;
    return {
      observations,
      accuracy,
      kappa: chance < 1 ? (accuracy - chance) / (1 - chance) : 0,
      kappa_temporal: noChange < 1 ? (accuracy - noChange) / (1 - noChange) : null,
      no_change_accuracy: noChange,
      log_loss: this.loss / observations,
    };
  }

  write(to: Sink): void {
    to(this.noChangeRight, this.loss, this.last, ...this.confusion);
  }

  read(from: Source): void {
    this.noChangeRight = from();
    this.loss = from();
    this.last = from();
    for (let at = 0; at < this.confusion.length; at++) this.confusion[at] = from();
  }
}

export interface ProgressiveOptions {
  /** Observations that come between a prediction and its label; 0 if not said. */
  readonly labelDelay?: number;
  /** Called with each prediction, in order. */
  readonly onPrediction?: (probabilities: Float64Array, observation: Observation, index: number) => void;
}

/**
 * Predicts each observation before it learns from it (Dawid, "Prequential analysis", 1984), and learns only once the label would be
 * known (as River's `progressive_val_score` with a delay). Labels that are still unknown at the end of the stream count nothing.
 */
export const progressiveValidate = (
  stream: Iterable<Observation>,
  learner: OnlineLearner,
  { labelDelay = 0, onPrediction }: ProgressiveOptions = {},
): ProgressiveReport | null => {
  const measure = new ProgressiveMeasure(learner.settings.classes);
  const waiting: { readonly said: Said; readonly observation: Observation }[] = [];
  let index = 0;
  for (const observation of stream) {
    const probabilities = learner.predictOne(observation.x);
    onPrediction?.(probabilities, observation, index++);
    waiting.push({ said: measure.say(probabilities), observation });
    if (waiting.length <= labelDelay) continue;
    const known = waiting.shift()!;
    measure.judge(known.said, known.observation.label);
    learner.learnOne(known.observation.x, known.observation.label);
  }
  return measure.report();
};

const sumOf = (values: Float64Array): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};
