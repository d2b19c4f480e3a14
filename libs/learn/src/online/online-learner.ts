import type { Parameters, ParameterSpecs } from '../parameters';
import type { Sink, Source } from './state-bytes';

export const ONLINE_KINDS = ['online-logistic', 'hoeffding-tree', 'adaptive-random-forest'] as const;
export type OnlineKind = (typeof ONLINE_KINDS)[number];

/** Of every kind of learner. */
export const CLASSES_PARAMETER = {
  type: 'integer',
  default: 2,
  min: 2,
  max: 1_000,
  meaning: 'multiclass, as a stream: how many classes there are; a data set says it itself',
} as const;

export interface OnlineSettings {
  readonly kind: OnlineKind;
  readonly task: 'binary' | 'multiclass';
  readonly featureNames: readonly string[];
  /** 2 for a binary task; else the labels are 0 to `classes` - 1. */
  readonly classes: number;
  /** As the trainer of that kind takes them; what is left out has its default. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** A whole number in [0, 2^32). */
  readonly seed: number;
}

/**
 * A model that learns from one observation at a time. What it does next is decided by its settings and by what it has seen, in order: the same
 * stream gives the same state, to the byte, wherever it was stopped and restored.
 */
export interface OnlineLearner {
  readonly settings: OnlineSettings;
  /** How many observations it has learned from. */
  readonly seen: number;
  /** The probability of each class. `x`: one number a feature, NaN = missing, taken as float32. */
  predictOne(x: ArrayLike<number>): Float64Array;
  /** @throws Refused PLAYHEAD_LEARN_INVALID when `label` is no class; the learner is as it was. */
  learnOne(x: ArrayLike<number>, label: number): void;
  /** All of it as bytes; `restoreOnline` makes a learner of them that goes on in the same way. */
  state(): Uint8Array;
  /** Shares of the features in what it learned, as of a fitted model. */
  importance(): Float64Array;
  /** The model as it stands. Its answers are those of `predictOne`, to 1e-6. */
  toOnnx(): Uint8Array;
}

/** What a kind of learner does; the frame around it (learner.ts) rounds and checks what comes in. */
export interface OnlineAlgorithm {
  /** Finite or NaN. The answer may be kept. */
  predict(x: Float64Array): Float64Array;
  learn(x: Float64Array, label: number): void;
  importance(): Float64Array;
  write(to: Sink): void;
  /** Takes the place of what was there. */
  read(from: Source): void;
  toOnnx(): Uint8Array;
}

export interface Begin<P> extends Omit<OnlineSettings, 'parameters'> {
  readonly parameters: P;
  readonly features: number;
}

export interface OnlineDefinition<S extends ParameterSpecs = ParameterSpecs> {
  readonly kind: OnlineKind;
  readonly parameters: S;
  begin(settings: Begin<Parameters<S>>): OnlineAlgorithm;
}

/** The class with the greatest probability; the first of equals. */
export const mostProbable = (probabilities: ArrayLike<number>): number => {
  let best = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[best]!) best = k;
  return best;
};

/** Scores to probabilities, in place: exp(score) over their sum. */
export const softmax = (scores: Float64Array, exp: (x: number) => number): Float64Array => {
  let greatest = -Infinity;
  for (const score of scores) if (score > greatest) greatest = score;
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum += scores[k] = exp(scores[k]! - greatest);
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
  return scores;
};
