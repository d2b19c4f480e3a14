import type { NumbersSpec } from './parameters';

export const CLASS_WEIGHTS = {
  type: 'numbers',
  of: 'classes',
  default: {},
  min: 1e-6,
  max: 1e6,
  meaning: 'how many times a row of that class counts, such as {"1": 10}; 1 where it is not said',
  aka: ['class_weight', 'scale_pos_weight'],
} as const satisfies NumbersSpec;

/** The weight of each class, by its index. */
export const weightsByClass = (given: Readonly<Record<string, number>>, classes: number): Float64Array =>
  Float64Array.from({ length: classes }, (_, label) => given[label] ?? 1);
