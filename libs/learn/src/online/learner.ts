import { Refused, type CanonicalValue } from '#kernel';
import { MAX_FLOAT32 } from '../data-set';
import { parameterFaults, withDefaults } from '../parameters';
import { adaptiveRandomForest } from './adaptive-random-forest';
import { hoeffdingTree } from './hoeffding-tree';
import { onlineLogistic } from './online-logistic';
import {
  type OnlineAlgorithm,
  type OnlineDefinition,
  type OnlineKind,
  type OnlineLearner,
  type OnlineSettings,
} from './online-learner';
import { readState, writeState } from './state-bytes';

export const ONLINE: Readonly<Record<OnlineKind, OnlineDefinition>> = {
  'online-logistic': onlineLogistic as unknown as OnlineDefinition,
  'hoeffding-tree': hoeffdingTree as unknown as OnlineDefinition,
  'adaptive-random-forest': adaptiveRandomForest as unknown as OnlineDefinition,
};

export const isOnlineKind = (kind: string): kind is OnlineKind => Object.hasOwn(ONLINE, kind);

/**
 * A learner that has seen nothing.
 * @throws Refused PLAYHEAD_LEARN_INVALID with all faults of the settings in `details.faults`.
 */
export const beginOnline = (settings: OnlineSettings): OnlineLearner => {
  const faults = settingFaults(settings);
  if (faults.length > 0)
    throw new Refused('PLAYHEAD_LEARN_INVALID', `cannot learn online:\n  - ${faults.join('\n  - ')}`, {
      details: { faults },
    });
  return new FramedLearner(settings, algorithmOf(settings), 0);
};

/**
 * A learner that goes on where the one stood that gave these bytes.
 * @throws Refused PLAYHEAD_LEARN_INVALID when they are not the state of a learner.
 */
export const restoreOnline = (state: Uint8Array): OnlineLearner => {
  const { header, numbers } = readState(state);
  const { seen, ...settings } = header as OnlineSettings & { readonly seen: number };
  const algorithm = algorithmOf(settings);
  let next = 0;
  algorithm.read(() => {
    if (next >= numbers.length)
      throw new Refused('PLAYHEAD_LEARN_INVALID', 'the state of the learner ends too early');
    return numbers[next++]!;
  });
  return new FramedLearner(settings, algorithm, seen);
};

const algorithmOf = (settings: OnlineSettings): OnlineAlgorithm => {
  const { parameters, begin } = ONLINE[settings.kind];
  return begin({
    ...settings,
    parameters: withDefaults(parameters, settings.parameters),
    features: settings.featureNames.length,
  });
};

const settingFaults = ({ kind, task, featureNames, classes, parameters, seed }: OnlineSettings): string[] => [
  ...(task === 'binary' || task === 'multiclass'
    ? []
    : [`"${kind}" learns binary and multiclass, not ${String(task)}`]),
  ...(featureNames.length > 0 ? [] : ['there are no features']),
  ...(Number.isInteger(classes) && classes >= 2 && classes <= 1_000 && (task !== 'binary' || classes === 2)
    ? []
    : [`${classes} classes: a binary task has 2, others from 2 to 1000`]),
  ...(Number.isInteger(seed) && seed >= 0 && seed < 4294967296
    ? []
    : [`seed must be a whole number from 0 to 2^32 - 1, not ${seed}`]),
  ...parameterFaults(ONLINE[kind].parameters, parameters),
];

/** Rounds to float32 as serving does, checks labels, counts, and packs the state. */
class FramedLearner implements OnlineLearner {
  private readonly x: Float64Array;

  constructor(
    readonly settings: OnlineSettings,
    private readonly algorithm: OnlineAlgorithm,
    private count: number,
  ) {
    this.x = new Float64Array(settings.featureNames.length);
  }

  get seen(): number {
    return this.count;
  }

  predictOne(x: ArrayLike<number>): Float64Array {
    return this.algorithm.predict(this.rounded(x));
  }

  learnOne(x: ArrayLike<number>, label: number): void {
    const { classes } = this.settings;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new Refused(
        'PLAYHEAD_LEARN_INVALID',
        `the label ${label} is none of the classes 0 to ${classes - 1}`,
      );
    this.algorithm.learn(this.rounded(x), label);
    this.count++;
  }

  state(): Uint8Array {
    const numbers: number[] = [];
    this.algorithm.write((...more) => numbers.push(...more));
    return writeState({ ...this.settings, seen: this.count } as unknown as CanonicalValue, numbers);
  }

  importance(): Float64Array {
    return this.algorithm.importance();
  }

  toOnnx(): Uint8Array {
    return this.algorithm.toOnnx();
  }

  private rounded(x: ArrayLike<number>): Float64Array {
    const to = this.x;
    for (let f = 0; f < to.length; f++) {
      const value = Math.fround(x[f]!);
      to[f] = value > MAX_FLOAT32 ? MAX_FLOAT32 : value < -MAX_FLOAT32 ? -MAX_FLOAT32 : value;
    }
    return to;
  }
}
