import type { DeploymentFact, RouteFact, VectorHead } from '#contracts';
import { jsonString } from '#kernel';

/** Name of the output by task (interfaces.md, Records). */
export const outputName = (task: DeploymentFact['task']): 'probability' | 'value' =>
  task === 'regression' ? 'value' : 'probability';

/** Only with a threshold, and only where there is a number. */
export const decide = (deployment: DeploymentFact, score: number): boolean | undefined =>
  deployment.threshold === null || !Number.isFinite(score) ? undefined : score >= deployment.threshold;

/**
 * The value of a prediction: canonical JSON text in the declared order, written by hand because it stands on the hot path.
 * A float32 score prints as its exact double; a non-finite one is null.
 */
export const compilePrediction = (
  deployment: DeploymentFact,
  route: RouteFact,
): ((head: VectorHead, score: number, position: string) => string) => {
  const middle =
    `,"model":${jsonString(deployment.model)},"version":${route.version},"route":"${route.route}",` +
    `"output":{"${outputName(deployment.task)}":`;
  return (head, score, position) => {
    const decision = decide(deployment, score);
    const output = Number.isFinite(score) ? String(score === 0 ? 0 : score) : 'null';
    return `${head.text}${middle}${output}},${decision === undefined ? '' : `"decision":${decision},`}"vector":"${position}"}`;
  };
};
