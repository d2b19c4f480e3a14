import { Refused } from '#kernel';
import { bandit } from './bandit/bandit';
import { matrixFactorisation } from './factorisation/matrix-factorisation';
import { gbdt } from './gbdt/gbdt';
import { isolationForest } from './isolation-forest/isolation-forest';
import { kmeans } from './kmeans/kmeans';
import { linear } from './linear/linear';
import { logistic } from './linear/logistic';
import { ONLINE_TRAINERS } from './online/online-trainers';
import { nearest } from './parameters';
import type { Trainer, TrainerKind } from './trainer';

export const TRAINERS: Readonly<Record<TrainerKind, Trainer>> = {
  gbdt,
  logistic,
  linear,
  'isolation-forest': isolationForest,
  kmeans,
  'matrix-factorisation': matrixFactorisation,
  bandit,
  ...ONLINE_TRAINERS,
};

/** The trainer of that name. @throws Refused PLAYHEAD_LEARN_INVALID with a suggestion when there is none. */
export const trainerOf = (kind: string): Trainer => {
  if (Object.hasOwn(TRAINERS, kind)) return TRAINERS[kind as TrainerKind];
  const near = nearest(kind, Object.keys(TRAINERS));
  const hint = near === null ? `known are ${Object.keys(TRAINERS).join(', ')}` : `did you mean "${near}"?`;
  throw new Refused('PLAYHEAD_LEARN_INVALID', `unknown trainer "${kind}"; ${hint}`, { details: { kind } });
};
