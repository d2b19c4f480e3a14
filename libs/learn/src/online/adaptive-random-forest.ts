import { Adwin } from '#drift';
import { exp, Rng } from '#kernel';
import type { Parameters, ParameterSpecs } from '../parameters';
import { growthOf, shares, treeParameters } from './hoeffding-tree';
import { voteModel } from './online-onnx';
import { mostProbable, type Begin, type OnlineAlgorithm, type OnlineDefinition } from './online-learner';
import type { Sink, Source } from './state-bytes';
import { GrowingTree } from './tree';

const parameters = {
  ...treeParameters,
  grace_period: { ...treeParameters.grace_period, default: 50 },
  delta: { ...treeParameters.delta, default: 0.01 },
  trees: { type: 'integer', default: 10, min: 1, max: 100, meaning: 'trees that vote', aka: ['n_models'] },
  lambda: {
    type: 'number',
    default: 6,
    min: 0,
    max: 20,
    aboveMin: true,
    meaning: 'how often each tree learns an observation on average: by chance, Poisson distributed',
    aka: ['lambda_value'],
  },
  max_features: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10_000,
    meaning: 'features that a leaf watches, drawn by chance; 0 for the square root of all',
  },
  drift_delta: {
    type: 'number',
    default: 0.001,
    min: 0,
    max: 1,
    aboveMin: true,
    meaning: 'ADWIN: the chance of a false alarm that replaces a tree',
  },
  warning_delta: {
    type: 'number',
    default: 0.01,
    min: 0,
    max: 1,
    aboveMin: true,
    meaning: 'ADWIN: the chance of a false alarm that begins a tree in the background',
  },
} as const satisfies ParameterSpecs;

/**
 * The adaptive random forest (Gomes et al., "Adaptive random forests for evolving data stream classification", 2017): Hoeffding trees that
 * watch few features a leaf and learn each observation Poisson(6) times; when ADWIN warns of a tree's errors, another one begins to learn
 * in its shadow, and takes its place when ADWIN finds a drift. Trees vote by their accuracy. Defaults as in River 0.26's `ARFClassifier`.
 */
export const adaptiveRandomForest: OnlineDefinition<typeof parameters> = {
  kind: 'adaptive-random-forest',
  parameters,
  begin: (settings) => new AdaptiveRandomForest(settings),
};

interface Member {
  tree: GrowingTree;
  background: GrowingTree | null;
  warning: Adwin;
  drift: Adwin;
  /** Since the tree took its place. */
  right: number;
  judged: number;
}

class AdaptiveRandomForest implements OnlineAlgorithm {
  private rng: Rng;
  private readonly all: readonly number[];
  private readonly watched: number;
  private readonly members: Member[];

  constructor(private readonly settings: Begin<Parameters<typeof parameters>>) {
    const { features, parameters: p } = settings;
    this.rng = new Rng(settings.seed);
    this.all = Array.from({ length: features }, (_, feature) => feature);
    this.watched = Math.min(features, p.max_features > 0 ? p.max_features : Math.round(Math.sqrt(features)));
    this.members = Array.from({ length: p.trees }, () => this.begin());
  }

  predict(x: Float64Array): Float64Array {
    const votes = new Float64Array(this.settings.classes);
    let total = 0;
    for (const member of this.members) {
      const vote = voteOf(member);
      member.tree.predict(x).forEach((probability, k) => (votes[k]! += vote * probability));
      total += vote;
    }
    return votes.map((vote) => vote / total);
  }

  learn(x: Float64Array, label: number): void {
    for (const member of this.members) {
      const isRight = mostProbable(member.tree.predict(x)) === label;
      member.judged++;
      if (isRight) member.right++;
      const times = this.poisson();
      if (times === 0) continue;
      member.background?.learn(x, label, times);
      member.tree.learn(x, label, times);
      const error = isRight ? 0 : 1;
      if (member.warning.update(error)) {
        member.background = this.tree();
        member.warning = this.detector('warning_delta');
      }
      if (member.drift.update(error)) Object.assign(member, this.begin(member.background ?? this.tree()));
    }
  }

  importance(): Float64Array {
    const gains = new Float64Array(this.settings.features);
    for (const { tree } of this.members) tree.gains.forEach((gain, feature) => (gains[feature]! += gain));
    return shares(gains);
  }

  write(to: Sink): void {
    to(...this.rng.state());
    for (const { tree, background, warning, drift, right, judged } of this.members) {
      to(right, judged, background === null ? 0 : 1, ...warning.state(), ...drift.state());
      tree.write(to);
      background?.write(to);
    }
  }

  read(from: Source): void {
    const state = [from(), from(), from(), from()] as const;
    for (const member of this.members) {
      member.right = from();
      member.judged = from();
      member.background = from() === 1 ? this.tree() : null;
      member.warning.restore(from);
      member.drift.restore(from);
      member.tree.read(from);
      member.background?.read(from);
    }
    // Last: making trees to read into draws from it.
    this.rng = Rng.at(state);
  }

  toOnnx(): Uint8Array {
    return voteModel(
      this.settings,
      this.members.map((member) => ({ root: member.tree.root, vote: voteOf(member) })),
    );
  }

  private begin(tree = this.tree()): Member {
    const warning = this.detector('warning_delta');
    const drift = this.detector('drift_delta');
    return { tree, background: null, warning, drift, right: 0, judged: 0 };
  }

  private tree(): GrowingTree {
    const { parameters: p, features, classes } = this.settings;
    return new GrowingTree(
      growthOf(p, () => this.subspace()),
      features,
      classes,
    );
  }

  private detector(delta: 'warning_delta' | 'drift_delta'): Adwin {
    return new Adwin({ delta: this.settings.parameters[delta] });
  }

  /** Some features without repetition, ascending (Floyd's sampling would need a set; features are few). */
  private subspace(): readonly number[] {
    const left = [...this.all];
    const drawn = Array.from({ length: this.watched }, () => left.splice(this.rng.below(left.length), 1)[0]!);
    return drawn.sort((a, b) => a - b);
  }

  /** Knuth's method: uniform numbers are multiplied until the product is at most e^-lambda. */
  private poisson(): number {
    const end = exp(-this.settings.parameters.lambda);
    let times = 0;
    for (let product = this.rng.uniform(); product > end; product *= this.rng.uniform()) times++;
    return times;
  }
}

/** The tree's accuracy; a tree that was never right votes as a whole one, as in River. */
const voteOf = ({ right, judged }: Member): number => (right > 0 ? right / judged : 1);
