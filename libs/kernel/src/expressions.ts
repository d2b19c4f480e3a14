import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { Refused, messageOf } from './errors';
import { timestampMs } from './timestamp';

/** The types of a stream's fields, and of an expression's result. */
export type FieldType = 'string' | 'number' | 'integer' | 'boolean' | 'timestamp';
export type FieldTypes = Readonly<Record<string, FieldType>>;

/** A CEL expression over the fields of one event, checked against their types. */
export interface CompiledExpression {
  readonly source: string;
  readonly resultType: FieldType;
  /** The fields that it reads, in the order of the stream. */
  readonly fields: readonly string[];
  /** The field, where the whole expression is just its name: reads it directly, null if it is null or absent. */
  readonly field: string | undefined;
  /**
   * The value for one event; throws when the expression raises an error (a null operand, an index out of range). Timestamps of
   * the event may be canonical text, epoch ms or Dates, and results are Dates; integer results are numbers.
   */
  evaluate(event: Readonly<Record<string, unknown>>): unknown;
}

const CEL_TYPES: Readonly<Record<FieldType, string>> = {
  string: 'string',
  number: 'double',
  integer: 'double',
  boolean: 'bool',
  timestamp: 'google.protobuf.Timestamp',
};

/**
 * Parses and type-checks a CEL expression. Throws `Refused` PLAYHEAD_EXPRESSION_INVALID, with a remedy where one is known.
 * In CEL, numbers and integers of the event are doubles (write `1.0`), timestamps are dates in UTC, and nothing depends on the
 * machine: what reads its time zone is refused.
 */
export const compileExpression = (source: string, fields: FieldTypes): CompiledExpression => {
  const name = source.trim();
  if (Object.hasOwn(fields, name)) return readField(name, fields[name]!);

  const refuse = (message: string, cause?: unknown): Refused =>
    new Refused('PLAYHEAD_EXPRESSION_INVALID', `"${source}": ${message}`, { details: { source }, cause });
  let program: ReturnType<Environment['parse']>;
  try {
    program = environmentOf(fields).parse(source);
  } catch (error) {
    throw refuse(summaryOf(error), error);
  }
  const nodes = [...walk(program.ast)];
  for (const node of nodes) {
    const fault = machineDependence(node);
    if (fault !== undefined) throw refuse(fault);
  }
  const checked = program.check();
  if (!checked.valid) {
    const summary = summaryOf(checked.error);
    throw refuse(summary + remedyFor(summary, source, fields), checked.error);
  }
  const result = RESULTS[checked.type ?? ''];
  if (!result) throw refuse(`gives a ${checked.type}; a string, number, boolean or timestamp is needed`);

  const used = new Set(nodes.flatMap((node) => (node.op === 'id' ? [node.args] : [])));
  const read = Object.keys(fields).filter((field) => used.has(field));
  const evaluate = result.convert ? (event: Event): unknown => result.convert!(program(event)) : program;
  const timestamps = read.filter((field) => fields[field] === 'timestamp');
  return {
    source,
    resultType: result.type,
    fields: read,
    field: undefined,
    evaluate: timestamps.length === 0 ? evaluate : (event) => evaluate(withDates(event, read, timestamps)),
  };
};

type Event = Readonly<Record<string, unknown>>;

const readField = (name: string, type: FieldType): CompiledExpression => ({
  source: name,
  resultType: type,
  fields: [name],
  field: name,
  evaluate:
    type === 'timestamp'
      ? (event) => (event[name] === null || event[name] === undefined ? null : toDate(event[name]))
      : (event) => event[name] ?? null,
});

/** A field whose name is a reserved word of CEL is left out: it can be read alone, not inside an expression. */
const environmentOf = (fields: FieldTypes): Environment => {
  const environment = new Environment();
  for (const [name, type] of Object.entries(fields)) {
    try {
      environment.registerVariable(name, CEL_TYPES[type]);
    } catch {
      continue;
    }
  }
  return environment;
};

const RESULTS: Readonly<Record<string, { type: FieldType; convert?: (value: unknown) => unknown }>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  double: { type: 'number' },
  int: { type: 'integer', convert: (value) => toSafeInteger(value as bigint) },
  uint: { type: 'integer', convert: (value) => toSafeInteger((value as { valueOf(): bigint }).valueOf()) },
  'google.protobuf.Timestamp': { type: 'timestamp' },
};

const toSafeInteger = (value: bigint): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is an integer beyond 2^53`);
  return number;
};

const toDate = (value: unknown): Date => {
  const ms = timestampMs(value);
  if (ms !== ms) throw new TypeError(`${String(value)} is not a timestamp`);
  return new Date(ms);
};

const withDates = (event: Event, read: readonly string[], timestamps: readonly string[]): Event => {
  const context: Record<string, unknown> = {};
  for (const field of read) context[field] = event[field];
  for (const field of timestamps) {
    const value = event[field] ?? null;
    context[field] = value === null ? null : toDate(value);
  }
  return context;
};

/** Every node of a syntax tree. Operands may be nodes, arrays of nodes or plain values. */
function* walk(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walk(item);
  } else if (typeof value === 'object' && value !== null && 'op' in value && 'args' in value) {
    yield value as ASTNode;
    yield* walk(value.args);
  }
}

/** The library reads the machine's time zone in these places; a result must not (architecture.md L5). */
const machineDependence = (node: ASTNode): string | undefined => {
  if (node.op === 'rcall') {
    const [method, , operands] = node.args;
    if (method === 'getDayOfYear') return 'getDayOfYear() is not available; use getMonth() and getDate()';
    if (/^get[A-Z]/.test(method) && operands.length > 0)
      return `timestamps are in UTC: write ${method}() without a zone`;
  }
  if (node.op === 'call' && node.args[0] === 'timestamp') {
    const operand = node.args[1][0];
    const literal = operand?.op === 'value' ? operand.args : undefined;
    if (typeof literal === 'bigint') return undefined;
    if (typeof literal !== 'string' || Number.isNaN(timestampMs(literal))) {
      return 'timestamp() takes a literal with its zone, for example timestamp("2018-05-01T00:00:00Z")';
    }
  }
  return undefined;
};

const summaryOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'summary' in error && typeof error.summary === 'string'
    ? error.summary
    : messageOf(error);

const remedyFor = (summary: string, source: string, fields: FieldTypes): string => {
  if (/null/.test(summary)) return '; a null operand raises an error by itself, leave the comparison out';
  if (/double/.test(summary) && /\bu?int\b/.test(summary)) {
    return '; numbers of the event are doubles: write 1.0 instead of 1, and double(...) around an integer';
  }
  const method = /overload for '(get\w+)\(/.exec(summary)?.[1];
  if (method !== undefined) return `; write field.${method}()`;
  if (/^Unknown variable/.test(summary)) return `; the fields are ${Object.keys(fields).join(', ')}`;
  return '';
};
