import { JsonScanner } from '#kernel';
import type { ObservedValue } from './field-reader';

/**
 * Reads the fields with these names from an observation's value: what `JSON.parse` gives for them, in less time. The form that
 * `compileObservationEncoder` writes is walked over in its bytes, and only what is asked for is made; naming the fields in declared
 * order is fastest. Any other value is parsed, whatever it holds. Throws SyntaxError for what is no JSON.
 */
export const compileObservationReader = (names: readonly string[]): ((value: Buffer) => unknown) => {
  const scanner = new JsonScanner();
  const prefixes = names.map((name) => Buffer.from(`${JSON.stringify(name)}:`));
  // A copy of `blank` has its shape from the start, so the stores below never change it.
  const blank = Object.fromEntries(names.map((name) => [name, undefined])) as Fields;

  const scan = (value: Buffer): Fields | undefined => {
    scanner.start(value);
    if (!scanner.passByte(OPEN)) return undefined;
    const event = { ...blank };
    let expected = 0;
    let found = 0;
    do {
      let index = expected;
      if (index === prefixes.length || !scanner.pass(prefixes[index]!)) {
        const start = scanner.at;
        if (!scanner.passString() || !scanner.ascii || !scanner.passByte(COLON)) return undefined;
        index = indexOf(prefixes, value, start, scanner.at);
      }
      if (index < 0) {
        if (!scanner.passScalar()) return undefined;
        continue;
      }
      const name = names[index]!;
      const member = readScalar(scanner, value);
      if (member === undefined || event[name] !== undefined) return undefined;
      event[name] = member;
      expected = index + 1;
      found++;
    } while (scanner.passByte(COMMA));
    return found === names.length && scanner.passByte(CLOSE) && scanner.atEnd ? event : undefined;
  };

  return (value) => scan(value) ?? (JSON.parse(value.toString()) as unknown);
};

type Fields = Record<string, ObservedValue | undefined>;

/** undefined where the form is another. */
const readScalar = (scanner: JsonScanner, value: Buffer): ObservedValue | undefined => {
  // Without an encoding, which is UTF-8, `toString` goes to native code at once.
  if (scanner.passString()) return value.toString(undefined, scanner.textFrom, scanner.textTo);
  return scanner.number() ?? scanner.constant();
};

/** Which of the prefixes stands in these bytes; -1 where none does. */
const indexOf = (prefixes: readonly Buffer[], bytes: Buffer, from: number, to: number): number => {
  for (let i = 0; i < prefixes.length; i++)
    if (prefixes[i]!.length === to - from && standsAt(prefixes[i]!, bytes, from)) return i;
  return -1;
};

const standsAt = (expected: Buffer, bytes: Buffer, from: number): boolean => {
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false;
  return true;
};

const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;
const COLON = 58;
