import { ContractViolation, JsonScanner, jsonString } from '#kernel';

/** What is relied on in a vector's value. */
export interface Vector {
  readonly event_id: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly event_time: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Parses a vector; its contract is checked where it is written, here only what readers rely on. */
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

/** What a version reads of a vector: one revision of the feature service. */
export interface RevisionRead {
  readonly revision: string;
  readonly features: readonly string[];
}

/** Copies the values of a revision into a row; null is NaN (missing). */
export const fillRow = (
  vector: Vector,
  { revision, features }: RevisionRead,
  into: ValuesTarget,
  row: number,
): void => {
  const values = vector.values[revision];
  const width = features.length;
  if (!values) {
    throw new ContractViolation(
      'PLAYHEAD_CONTRACT_VIOLATED',
      `the vector carries the revisions ${Object.keys(vector.values).join(', ')}, the model reads ${revision}`,
    );
  }
  if (values.length !== width) {
    throw new ContractViolation(
      'PLAYHEAD_CONTRACT_VIOLATED',
      `the vector has ${values.length} values in revision ${revision}, the model reads ${width}`,
    );
  }
  for (let i = 0; i < width; i++) into[row * width + i] = values[i] ?? Number.NaN;
};

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

/** Takes the values of a revision, one row of [rows, features] in its order; NaN where there is none. */
export type ValuesTarget = Float32Array | Float64Array;

export interface VectorReader {
  /** Writes the values into a row and gives the head. */
  read(value: Buffer | null, into: ValuesTarget, row: number): VectorHead;
  /** Writes the values into a row. */
  readValues(value: Buffer | null, into: ValuesTarget, row: number): void;
}

/**
 * Reads the values that a version was trained on. The form that the feature service writes is read from its bytes; any other
 * vector is parsed. Both throw ContractViolation, with the row untouched or to be written again.
 */
export const compileVectorReader = (reads: RevisionRead): VectorReader => {
  const scanner = new JsonScanner();
  const revision = Buffer.from(`${jsonString(reads.revision)}:[`);
  const width = reads.features.length;

  /** Where the head ends; -1 where the form is another. */
  const scan = (value: Buffer, into: ValuesTarget, row: number): number => {
    scanner.start(value);
    if (!scanner.pass(EVENT_ID) || !scanner.passString()) return -1;
    // One key, as services have: with more of them the order and doubles are for the parser to settle.
    if (!scanner.pass(ENTITY) || !scanner.passString() || !scanner.passByte(COLON)) return -1;
    if (!scanner.passString() || !scanner.passByte(CLOSE)) return -1;
    if (!scanner.pass(EVENT_TIME) || !scanner.passString()) return -1;
    const headEnd = scanner.at;
    if (!scanner.pass(TRIGGER) || !scanner.passString() || !scanner.pass(VALUES)) return -1;
    let found = false;
    do {
      if (!scanner.pass(revision)) {
        if (!passOther()) return -1;
        continue;
      }
      // Twice the same one: which of them counts is for the parser to settle.
      if (found) return -1;
      found = true;
      for (let i = 0; i < width; i++) {
        if (i > 0 && !scanner.passByte(COMMA)) return -1;
        const number = scanner.pass(NULL) ? Number.NaN : scanner.number();
        if (number === undefined) return -1;
        into[row * width + i] = number;
      }
      if (!scanner.passByte(CLOSE_LIST)) return -1;
    } while (scanner.passByte(COMMA));
    return found && scanner.pass(END) && scanner.atEnd ? headEnd : -1;
  };

  /** Passes the values of another revision. */
  const passOther = (): boolean => {
    if (!scanner.passString() || !scanner.pass(LIST)) return false;
    if (scanner.passByte(CLOSE_LIST)) return true;
    do if (!scanner.pass(NULL) && scanner.number() === undefined) return false;
    while (scanner.passByte(COMMA));
    return scanner.passByte(CLOSE_LIST);
  };

  const parse = (value: Buffer | null, into: ValuesTarget, row: number): Vector => {
    const vector = parseVector(value);
    fillRow(vector, reads, into, row);
    return vector;
  };

  return {
    read: (value, into, row) => {
      const headEnd = value ? scan(value, into, row) : -1;
      if (headEnd < 0) return headOf(parse(value, into, row));
      const text = value!.toString('utf8', 0, headEnd);
      return { text, eventTime: text.slice(text.lastIndexOf('"', text.length - 2) + 1, -1) };
    },
    readValues: (value, into, row) => {
      if (!value || scan(value, into, row) < 0) parse(value, into, row);
    },
  };
};

const headOf = ({ event_id, entity, event_time }: Vector): VectorHead => ({
  text: `{"event_id":${jsonString(event_id)},"entity":${renderEntity(entity)},"event_time":"${event_time}"`,
  eventTime: event_time,
});

const EVENT_ID = Buffer.from('{"event_id":');
const ENTITY = Buffer.from(',"entity":{');
const EVENT_TIME = Buffer.from(',"event_time":');
const TRIGGER = Buffer.from(',"trigger":');
const VALUES = Buffer.from(',"values":{');
const NULL = Buffer.from('null');
const LIST = Buffer.from(':[');
const END = Buffer.from('}}');
const CLOSE_LIST = 93;
const COMMA = 44;
const COLON = 58;
const CLOSE = 125;
