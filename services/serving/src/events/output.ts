import type { DeploymentFact } from '#contracts';

type Answered = number | null;

/** The member `output` of an answer by task, as it stands in a prediction; a score that is not finite is null. */
export type Output =
  | { readonly probability: Answered }
  | { readonly probabilities: readonly Answered[] }
  | { readonly value: Answered }
  | { readonly score: Answered }
  | { readonly items: readonly { readonly score: Answered }[] };

/** Of one row: its `values` are all that the model answered for it. */
export const outputOf = (task: DeploymentFact['task'], values: ArrayLike<number>): Output => {
  const all = Array.from(values, (value) => (Number.isFinite(value) ? value + 0 : null));
  const [first = null] = all;
  switch (task) {
    case 'binary':
      return { probability: first };
    case 'multiclass':
      return { probabilities: all };
    case 'regression':
      return { value: first };
    case 'anomaly':
      return { score: first };
    case 'ranking':
      return { items: [{ score: first }] };
  }
};
