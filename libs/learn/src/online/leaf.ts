import { exp, log } from '#kernel';
import { ClassGaussians } from './class-gaussians';
import { mostProbable, softmax } from './online-learner';
import type { Sink, Source } from './state-bytes';

/** The log prior of a class that was never seen: below every sum of log densities. */
export const NEVER = -1e300;

/**
 * A leaf of a Hoeffding tree: weights by class, and Gaussians of the features that it watches. It answers by naive Bayes where that has been right
 * at least as often as the shares of the classes (Holmes, Kirkby and Pfahringer, "Stress-testing Hoeffding trees", 2005).
 */
export class Leaf {
  readonly gaussians: ClassGaussians;
  weight = 0;
  weightAtLastAttempt = 0;
  private rightByShares = 0;
  private rightByBayes = 0;

  /** `watched`: indices of features. */
  constructor(
    readonly depth: number,
    readonly watched: readonly number[],
    readonly weights: Float64Array,
  ) {
    this.gaussians = new ClassGaussians(watched.length, weights.length);
    for (const weight of weights) this.weight += weight;
    this.weightAtLastAttempt = this.weight;
  }

  learn(x: Float64Array, label: number, weight: number): void {
    if (this.weight === 0 || mostProbable(this.weights) === label) this.rightByShares += weight;
    if (this.weight > 0 && mostProbable(this.logPosterior(x)) === label) this.rightByBayes += weight;
    this.weights[label]! += weight;
    this.weight += weight;
    this.watched.forEach((feature, slot) => {
      const value = x[feature]!;
      if (value === value) this.gaussians.add(slot, label, value, weight);
    });
  }

  predict(x: Float64Array): Float64Array {
    if (this.weight === 0) return this.weights.map(() => 1 / this.weights.length);
    if (!this.asksBayes) return this.weights.map((weight) => weight / this.weight);
    return softmax(this.logPosterior(x), exp);
  }

  get asksBayes(): boolean {
    return this.rightByBayes >= this.rightByShares;
  }

  /** log of the share of a class; all alike in an empty leaf. */
  logPrior(k: number): number {
    if (this.weight === 0) return 0;
    return this.weights[k]! > 0 ? log(this.weights[k]! / this.weight) : NEVER;
  }

  get isPure(): boolean {
    return this.weights.reduce((seen, weight) => seen + (weight > 0 ? 1 : 0), 0) < 2;
  }

  write(to: Sink): void {
    to(this.depth, this.watched.length, ...this.watched, ...this.weights);
    to(this.weight, this.weightAtLastAttempt, this.rightByShares, this.rightByBayes);
    this.gaussians.write(to);
  }

  static read(from: Source, classes: number): Leaf {
    const depth = from();
    const watched = Array.from({ length: from() }, from);
    const leaf = new Leaf(depth, watched, Float64Array.from({ length: classes }, from));
    leaf.weight = from();
    leaf.weightAtLastAttempt = from();
    leaf.rightByShares = from();
    leaf.rightByBayes = from();
    leaf.gaussians.read(from);
    return leaf;
  }

  private logPosterior(x: Float64Array): Float64Array {
    const scores = this.weights.map((_, k) => this.logPrior(k));
    this.watched.forEach((feature, slot) => {
      const value = x[feature]!;
      if (value !== value) return;
      for (let k = 0; k < scores.length; k++) scores[k]! += this.gaussians.logDensity(slot, k, value);
    });
    return scores;
  }
}
