import { compileExpression, messageOf, timestampMs } from '#kernel';
import type { CompiledStream } from '../definitions';
import { compileFieldReader, isFault, type EventFault, type ObservedValue } from './field-reader';

/** The fields of a stream in declared order, every one present: an optional field that was absent is null. */
export type Observation = Readonly<Record<string, ObservedValue>>;

export interface ValidEvent {
  readonly event: Observation;
  /** Canonical text of the key field: what is hashed to a partition. */
  readonly key: string;
  /** Canonical text of the id field. */
  readonly id: string;
  /** Event time. */
  readonly timeMs: number;
  readonly fault?: undefined;
}

export interface InvalidEvent {
  /** The first in declared order; rules come after all fields. */
  readonly fault: EventFault;
}

export type EventValidator = (raw: Readonly<Record<string, unknown>>) => ValidEvent | InvalidEvent;

/**
 * What makes the canonical observation of a parsed JSON object, or says why it is none. Members that the stream does not declare are
 * dropped, `__proto__` among them. The object is read, never changed or kept.
 */
export const compileEventValidator = (stream: CompiledStream): EventValidator => {
  const names = stream.fields.map((field) => field.name);
  const readers = stream.fields.map(compileFieldReader);
  const blank = Object.fromEntries(names.map((name) => [name, null])) as Record<string, ObservedValue>;
  const checkRules = compileRules(stream);
  const { key: keyField, id: idField, time: timeField } = stream;

  return (raw) => {
    // A copy of `blank` has its shape from the start, so the stores below never change it.
    const event = { ...blank };
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = readers[i]!(raw[name]);
      if (isFault(value)) return { fault: value };
      event[name] = value;
    }
    const key = String(event[keyField]);
    if (key === '')
      return {
        fault: { code: 'NO_KEY', message: `${keyField}, the key, is the empty text`, field: keyField },
      };
    const id = String(event[idField]);
    if (id === '')
      return { fault: { code: 'NO_ID', message: `${idField}, the id, is the empty text`, field: idField } };
    const fault = checkRules(event);
    if (fault) return { fault };
    return { event, key, id, timeMs: timestampMs(event[timeField]) };
  };
};

const compileRules = (stream: CompiledStream): ((event: Observation) => EventFault | undefined) => {
  const types = Object.fromEntries(stream.fields.map(({ name, type }) => [name, type]));
  const rules = stream.rules.map((rule) => ({ ...rule, expression: compileExpression(rule.check, types) }));
  return (event) => {
    for (const { name, message, expression } of rules) {
      try {
        if (expression.evaluate(event) !== true)
          return { code: 'RULE_FAILED', message: `${name}: ${message}` };
      } catch (error) {
        return { code: 'RULE_ERROR', message: `${name}: ${messageOf(error)}` };
      }
    }
    return undefined;
  };
};
