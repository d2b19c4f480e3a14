import type { DeploymentFact, RouteFact, VectorHead } from '#contracts';
import { jsonString } from '#kernel';

/** What a model answered: `width` numbers for each row, row after row. */
export interface Scores {
  readonly values: ArrayLike<number>;
  readonly width: number;
}

/** Only with a threshold, and only where there is one number. */
export const decide = (
  deployment: DeploymentFact,
  { values, width }: Scores,
  row: number,
): boolean | undefined => {
  if (deployment.threshold === null || width !== 1 || !Number.isFinite(values[row])) return undefined;
  return values[row]! >= deployment.threshold;
};

/**
 * The member `output` of a prediction by task (interfaces.md, Records), as JSON text: `probability`, `probabilities` by class, `value`, `score`, or `items`.
 * A float32 score prints as its exact double; a non-finite one is null.
 */
export const compileOutput = (task: DeploymentFact['task']): ((scores: Scores, row: number) => string) => {
  const single =
    (before: string, after = '}') =>
    ({ values }: Scores, row: number): string =>
      before + numberText(values[row]!) + after;
  switch (task) {
    case 'binary':
      return single('{"probability":');
    case 'regression':
      return single('{"value":');
    case 'anomaly':
      return single('{"score":');
    case 'ranking':
      return single('{"items":[{"score":', '}]}');
    case 'multiclass':
      return ({ values, width }, row) => {
        let text = '{"probabilities":[';
        for (let at = row * width; at < (row + 1) * width; at++)
          text += (at === row * width ? '' : ',') + numberText(values[at]!);
        return text + ']}';
      };
  }
};

const numberText = (score: number): string =>
  Number.isFinite(score) ? String(score === 0 ? 0 : score) : 'null';

/**
 * The value of a prediction: canonical JSON text in the declared order, written by hand because it stands on the hot path.
 */
export const compilePrediction = (
  deployment: DeploymentFact,
  route: RouteFact,
): ((head: VectorHead, scores: Scores, row: number, position: string) => string) => {
  const middle = `,"model":${jsonString(deployment.model)},"version":${route.version},"route":"${route.route}","output":`;
  const output = compileOutput(deployment.task);
  return (head, scores, row, position) => {
    const decision = decide(deployment, scores, row);
    return `${head.text}${middle}${output(scores, row)},${decision === undefined ? '' : `"decision":${decision},`}"vector":"${position}"}`;
  };
};
