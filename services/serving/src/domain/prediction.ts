import type { DeploymentFact, RouteFact } from '#contracts';
import { ContractViolation, JsonScanner, jsonString } from '#kernel';

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

/** What a prediction takes over from its vector. */
export interface VectorHead {
  /** Canonical JSON up to the event time: the beginning of the prediction's own value. */
  readonly text: string;
  readonly eventTime: string;
}

/**
 * Reads a vector for scoring: copies the values that a route's model reads into a row of a matrix and gives the head. The form that the
 * feature service writes is read from its bytes; any other vector is parsed.
 * @throws ContractViolation, with the row untouched or to be written again.
 */
export const compileVectorReader = (
  route: RouteFact,
): ((value: Buffer | null, matrix: Float32Array, row: number) => VectorHead) => {
  const scanner = new JsonScanner();
  const revision = Buffer.from(`${jsonString(String(route.revision))}:[`);
  const width = route.features.length;

  const scan = (value: Buffer, matrix: Float32Array, row: number): VectorHead | undefined => {
    scanner.start(value);
    if (!scanner.pass(EVENT_ID) || !scanner.passString()) return undefined;
    if (!scanner.pass(ENTITY) || !scanner.passTexts() || !scanner.pass(EVENT_TIME)) return undefined;
    const timeStart = scanner.at + 1;
    if (!scanner.passString()) return undefined;
    const headEnd = scanner.at;
    if (!scanner.pass(TRIGGER) || !scanner.passString() || !scanner.pass(VALUES)) return undefined;
    if (!scanner.pass(revision)) return undefined;
    for (let i = 0; i < width; i++) {
      if (i > 0 && !scanner.passByte(COMMA)) return undefined;
      const number = scanner.pass(NULL) ? Number.NaN : scanner.number();
      if (number === undefined) return undefined;
      matrix[row * width + i] = number;
    }
    if (!scanner.pass(END) || !scanner.atEnd) return undefined;
    return {
      text: value.toString('utf8', 0, headEnd),
      eventTime: value.toString('latin1', timeStart, headEnd - 1),
    };
  };

  return (value, matrix, row) => {
    const scanned = value && scan(value, matrix, row);
    if (scanned) return scanned;
    const vector = parseVector(value);
    fillRow(vector, route, matrix, row);
    const { event_id, entity, event_time } = vector;
    const text = `{"event_id":${jsonString(event_id)},"entity":${renderEntity(entity)},"event_time":"${event_time}"`;
    return { text, eventTime: event_time };
  };
};

const EVENT_ID = Buffer.from('{"event_id":');
const ENTITY = Buffer.from(',"entity":');
const EVENT_TIME = Buffer.from(',"event_time":');
const TRIGGER = Buffer.from(',"trigger":');
const VALUES = Buffer.from(',"values":{');
const NULL = Buffer.from('null');
const END = Buffer.from(']}}');
const COMMA = 44;

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
