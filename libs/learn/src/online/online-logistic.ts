import { exp } from '#kernel';
import { sigmoid } from '../link';
import { softmaxModel } from './online-onnx';
import {
  CLASSES_PARAMETER,
  softmax,
  type Begin,
  type OnlineAlgorithm,
  type OnlineDefinition,
} from './online-learner';
import type { Parameters, ParameterSpecs } from '../parameters';
import type { Sink, Source } from './state-bytes';

const parameters = {
  learning_rate: {
    type: 'number',
    default: 0.05,
    min: 0,
    max: 10,
    aboveMin: true,
    meaning: 'how far one observation moves the coefficients',
    aka: ['lr', 'eta0'],
  },
  intercept_learning_rate: {
    type: 'number',
    default: 0.01,
    min: 0,
    max: 10,
    meaning: 'how far one observation moves the intercept',
    aka: ['intercept_lr'],
  },
  l2: {
    type: 'number',
    default: 0,
    min: 0,
    max: 10,
    meaning: 'how strongly coefficients are drawn to 0 at each observation',
    aka: ['alpha', 'reg_lambda'],
  },
  classes: CLASSES_PARAMETER,
} as const satisfies ParameterSpecs;

/**
 * Logistic regression by stochastic gradient descent with constant steps (Bottou, "Large-scale machine learning with stochastic gradient
 * descent", 2010), on features that are standardised by what the stream has shown so far; a missing one counts as its mean. Binary: one
 * row of coefficients and a sigmoid; else one row for each class and a softmax. Agrees with River 0.26's
 * `StandardScaler | LogisticRegression(SGD(learning_rate))`.
 */
export const onlineLogistic: OnlineDefinition<typeof parameters> = {
  kind: 'online-logistic',
  parameters,
  begin: (settings) => new OnlineLogistic(settings),
};

class OnlineLogistic implements OnlineAlgorithm {
  private readonly features: number;
  /** Rows of coefficients: 1 for a binary task. */
  private readonly margins: number;
  private readonly count: Float64Array;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private readonly coefficients: Float64Array;
  private readonly intercepts: Float64Array;
  private readonly z: Float64Array;

  constructor(private readonly settings: Begin<Parameters<typeof parameters>>) {
    this.features = settings.features;
    this.margins = settings.task === 'binary' ? 1 : settings.classes;
    this.count = new Float64Array(this.features);
    this.mean = new Float64Array(this.features);
    this.squares = new Float64Array(this.features);
    this.z = new Float64Array(this.features);
    this.coefficients = new Float64Array(this.features * this.margins);
    this.intercepts = new Float64Array(this.margins);
  }

  predict(x: Float64Array): Float64Array {
    this.standardise(x);
    return this.probabilities();
  }

  learn(x: Float64Array, label: number): void {
    const { features, margins, z, coefficients, intercepts } = this;
    const { learning_rate, intercept_learning_rate, l2 } = this.settings.parameters;
    for (let f = 0; f < features; f++) this.observe(f, x[f]!);
    this.standardise(x);
    const probabilities = this.probabilities();
    for (let m = 0; m < margins; m++) {
      const k = margins === 1 ? 1 : m;
      const gradient = probabilities[k]! - (label === k ? 1 : 0);
      intercepts[m]! -= intercept_learning_rate * gradient;
      for (let f = 0, at = m * features; f < features; f++, at++)
        coefficients[at]! -= learning_rate * (gradient * z[f]! + l2 * coefficients[at]!);
    }
  }

  importance(): Float64Array {
    const shares = new Float64Array(this.features);
    this.coefficients.forEach((coefficient, at) => (shares[at % this.features]! += Math.abs(coefficient)));
    const total = shares.reduce((sum, share) => sum + share, 0);
    return total > 0 ? shares.map((share) => share / total) : shares;
  }

  write(to: Sink): void {
    for (const part of this.parts()) to(...part);
  }

  read(from: Source): void {
    for (const part of this.parts()) for (let i = 0; i < part.length; i++) part[i] = from();
  }

  toOnnx(): Uint8Array {
    const { mean, coefficients, intercepts, margins, features } = this;
    const scale = mean.map((_, f) => this.scaleOf(f));
    return softmaxModel(this.settings, { mean, scale, coefficients, intercepts, margins, features });
  }

  private parts(): readonly Float64Array[] {
    const { count, mean, squares, coefficients, intercepts } = this;
    return [count, mean, squares, coefficients, intercepts];
  }

  private observe(f: number, value: number): void {
    if (value !== value) return;
    this.count[f]!++;
    const distance = value - this.mean[f]!;
    this.mean[f]! += distance / this.count[f]!;
    this.squares[f]! += distance * (value - this.mean[f]!);
  }

  /** 1 / standard deviation (ddof 0) of the values that were there; 0 while there is no variation. */
  private scaleOf(f: number): number {
    const variance = this.squares[f]! / this.count[f]!;
    return variance > MIN_VARIANCE ? 1 / Math.sqrt(variance) : 0;
  }

  private standardise(x: Float64Array): void {
    for (let f = 0; f < this.features; f++) {
      const value = x[f]!;
      this.z[f] = value === value ? (value - this.mean[f]!) * this.scaleOf(f) : 0;
    }
  }

  private probabilities(): Float64Array {
    const { features, margins, z, coefficients, intercepts } = this;
    const scores = new Float64Array(margins);
    for (let m = 0; m < margins; m++) {
      let score = 0;
      for (let f = 0, at = m * features; f < features; f++, at++) score += coefficients[at]! * z[f]!;
      scores[m] = score + intercepts[m]!;
    }
    if (margins > 1) return softmax(scores, exp);
    const p = sigmoid(scores[0]!);
    return Float64Array.of(1 - p, p);
  }
}

/** Below the square of the smallest step between float32 values. */
const MIN_VARIANCE = 1e-100;
