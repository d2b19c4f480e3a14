import { trainerIfKnown } from './contenders';
import type { ParameterValues } from './space';

export interface Allotted {
  readonly parameters: ParameterValues;
  /** Share of the training rows. */
  readonly rows: number;
}

/** What a share of the resource means for a kind: fewer trees where it grows trees, else fewer rows. */
export const allot = (kind: string, parameters: ParameterValues, share: number): Allotted => {
  const spec = trainerIfKnown(kind)?.parameters['trees'];
  if (share === 1 || spec?.type !== 'integer') return { parameters, rows: share };
  const trees = Number(parameters['trees'] ?? spec.default);
  return { parameters: { ...parameters, trees: Math.max(1, Math.round(trees * share)) }, rows: 1 };
};
