import type { DeploymentFact, RouteFact } from '#contracts';
import { ContractViolation, jsonString } from '#kernel';

/** What scoring needs of a vector's value. */
export interface Vector {
  readonly event_id: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly event_time: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Parses a vector; its contract is checked where it is written, here only what scoring relies on. */
export const parseVector = (value: Buffer | null): Vector => {
  let parsed: Partial<Vector> | null;
  try {
    parsed = JSON.parse((value ?? '').toString()) as Partial<Vector> | null;
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the vector is not JSON', { cause });
  }
  if (typeof parsed?.event_id !== 'string' || typeof parsed.values !== 'object' || parsed.values === null) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the vector has no event_id or values');
  }
  return parsed as Vector;
};

/** Copies the values of the revision that a route's model reads into a row of a matrix; null is NaN (missing). */
export const fillRow = (vector: Vector, route: RouteFact, matrix: Float32Array, row: number): void => {
  const values = vector.values[route.revision];
  const width = route.features.length;
  if (!values) {
    throw new ContractViolation(
      'PLAYHEAD_CONTRACT_VIOLATED',
      `the vector carries the revisions ${Object.keys(vector.values).join(', ')}, the model reads ${route.revision}`,
    );
  }
  if (values.length !== width) {
    throw new ContractViolation(
      'PLAYHEAD_CONTRACT_VIOLATED',
      `the vector has ${values.length} values in revision ${route.revision}, the model reads ${width}`,
    );
  }
  for (let i = 0; i < width; i++) matrix[row * width + i] = values[i] ?? Number.NaN;
};

/** Name of the output by task (interfaces.md, Records). */
export const outputName = (task: DeploymentFact['task']): 'probability' | 'value' =>
  task === 'regression' ? 'value' : 'probability';

/** Only with a threshold, and only where there is a number. */
export const decide = (deployment: DeploymentFact, score: number): boolean | undefined =>
  deployment.threshold === null || !Number.isFinite(score) ? undefined : score >= deployment.threshold;

const renderEntity = (entity: Vector['entity']): string => {
  let text = '';
  for (const name in entity)
    text += `${text === '' ? '{' : ','}${jsonString(name)}:${jsonString(entity[name]!)}`;
  return text === '' ? '{}' : `${text}}`;
};

/**
 * The value of a prediction: canonical JSON text in the declared order, written by hand because it stands on the hot path.
 * A float32 score prints as its exact double; a non-finite one is null.
 */
export const renderPrediction = (
  vector: Vector,
  deployment: DeploymentFact,
  route: RouteFact,
  score: number,
  position: string,
): string => {
  const decision = decide(deployment, score);
  return (
    `{"event_id":${jsonString(vector.event_id)},"entity":${renderEntity(vector.entity)},"event_time":"${vector.event_time}",` +
    `"model":${jsonString(deployment.model)},"version":${route.version},"route":"${route.route}",` +
    `"output":{"${outputName(deployment.task)}":${Number.isFinite(score) ? String(score === 0 ? 0 : score) : 'null'}},` +
    `${decision === undefined ? '' : `"decision":${decision},`}"vector":"${position}"}`
  );
};
