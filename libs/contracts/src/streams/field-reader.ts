import { canonicalString, type FieldType } from '#kernel';
import type { FieldSpec } from '../definitions';
import { canonicalTimestamp } from './canonical-timestamp';
import type { RejectionCode } from './rejection-codes';

/** A value in an observation. */
export type ObservedValue = string | number | boolean | null;

export interface EventFault {
  readonly code: RejectionCode;
  readonly message: string;
  readonly field?: string;
}

/** The canonical value of a field, or why there is none. Values are never objects, so `typeof` tells the two apart. */
export type FieldReader = (value: unknown) => ObservedValue | EventFault;

export const isFault = (read: ObservedValue | EventFault): read is EventFault =>
  typeof read === 'object' && read !== null;

export const compileFieldReader = (field: FieldSpec): FieldReader => {
  const { name, required, nullable } = field;
  const read = READERS[field.type](field);
  const missing: EventFault | null = required
    ? { code: 'MISSING_FIELD', message: `${name} is missing`, field: name }
    : null;
  const notNullable: EventFault | null = nullable
    ? null
    : { code: 'NOT_NULLABLE', message: `${name} is null`, field: name };
  return (value) => {
    if (value === undefined) return missing;
    return value === null ? notNullable : read(value);
  };
};

type PresentReader = (value: unknown) => ObservedValue | EventFault;

const stringReader = (field: FieldSpec): PresentReader => {
  const { name, maxLength = Infinity } = field;
  const categories = field.categories && new Set(field.categories.map(canonicalString));
  const pattern = field.pattern === undefined ? undefined : new RegExp(field.pattern, 'u');
  return (value) => {
    if (typeof value !== 'string') return wrongType(field, value);
    const ascii = isAscii(value);
    const text = ascii ? value : canonicalString(value);
    if (!ascii && !isUnicode(text))
      return { code: 'NOT_UNICODE', message: `${name} has half of a surrogate pair`, field: name };
    if (text.length > maxLength && codePoints(text) > maxLength) {
      return {
        code: 'TOO_LONG',
        message: `${name} has ${codePoints(text)} characters, the most are ${maxLength}`,
        field: name,
      };
    }
    if (categories && !categories.has(text)) {
      return {
        code: 'NOT_IN_CATEGORIES',
        message: `${name} is ${shown(text)}, none of its categories`,
        field: name,
      };
    }
    if (pattern && !pattern.test(text)) {
      return {
        code: 'PATTERN',
        message: `${name} is ${shown(text)}, which does not match ${field.pattern}`,
        field: name,
      };
    }
    return text;
  };
};

const numberReader = (field: FieldSpec): PresentReader => {
  const { name, min = -Infinity, max = Infinity } = field;
  const whole = field.type === 'integer';
  const nearestDecimal = field.decimals === undefined ? undefined : compileDecimals(field.decimals);
  const outOfRange = (value: number, limit: string): EventFault => ({
    code: 'OUT_OF_RANGE',
    message: `${name} is ${value}, ${limit}`,
    field: name,
  });
  return (value) => {
    if (typeof value !== 'number') return wrongType(field, value);
    if (Number.isInteger(value)) {
      if (!Number.isSafeInteger(value)) {
        return {
          code: 'UNSAFE_INTEGER',
          message: `${name} is an integer beyond 2^53; send it as a string`,
          field: name,
        };
      }
    } else if (!Number.isFinite(value)) return outOfRange(value, 'beyond the range of a double');
    else if (whole) return wrongType(field, value);
    const decimal = nearestDecimal ? nearestDecimal(value) : value;
    const number = Number.isNaN(decimal) ? value : decimal;
    if (number < min) return outOfRange(value, `the least is ${min}`);
    if (number > max) return outOfRange(value, `the most is ${max}`);
    if (Number.isNaN(decimal)) {
      return {
        code: 'DECIMALS',
        message: `${name} is ${value}, it has ${field.decimals} decimals at most`,
        field: name,
      };
    }
    return number === 0 ? 0 : number;
  };
};

const booleanReader =
  (field: FieldSpec): PresentReader =>
  (value) =>
    typeof value === 'boolean' ? value : wrongType(field, value);

const timestampReader =
  (field: FieldSpec): PresentReader =>
  (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return wrongType(field, value);
    const text = canonicalTimestamp(value);
    if (text !== undefined) return text;
    const { name } = field;
    return {
      code: 'BAD_TIMESTAMP',
      message: `${name} is ${shown(value)}, neither RFC 3339 with a zone nor epoch milliseconds`,
      field: name,
    };
  };

const READERS: Readonly<Record<FieldType, (field: FieldSpec) => PresentReader>> = {
  string: stringReader,
  number: numberReader,
  integer: numberReader,
  boolean: booleanReader,
  timestamp: timestampReader,
};

/** How much of itself a number may be off its decimal: what a few sums and products in doubles leave (85.64999999999999). */
const NOISE = 5.684341886080802e-14; // 2^-44
const SAFE_BITS = 1_125_899_906_842_624; // 2^50

/**
 * The double nearest to a decimal of at most `decimals` digits after the point, for a number that is this decimal but for the noise
 * of computing with doubles (never a thousandth of the last digit), so that sums of whole units are exact; NaN for any other
 * number, and for one whose units are no safe integer. Dividing the rounded multiple gives that double. Rounding finds the right
 * multiple below 2^50; above it, where doubles are too far apart for noise, the printed form decides.
 */
export const compileDecimals = (decimals: number): ((value: number) => number) => {
  const scale = Number(`1e${decimals}`);
  const mostNoise = 0.001 / scale;
  return (value) => {
    const scaled = value * scale;
    if (scaled < SAFE_BITS && scaled > -SAFE_BITS) {
      const decimal = Math.round(scaled) / scale;
      return Math.abs(value - decimal) <= Math.min(Math.abs(value) * NOISE, mostNoise) ? decimal : NaN;
    }
    return Number.isSafeInteger(Math.round(scaled)) && printsWithin(value, decimals) ? value : NaN;
  };
};

/** Never in exponent form here: |value| is at least 2^50 / 1e15 and below 2^53. */
const printsWithin = (value: number, decimals: number): boolean => {
  const text = String(value);
  const point = text.indexOf('.');
  return point < 0 || text.length - point - 1 <= decimals;
};

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
};

/** No half of a surrogate pair. */
const isUnicode = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i++;
  }
  return true;
};

const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

const DECLARED: Readonly<Record<FieldType, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  timestamp: 'a timestamp',
};

const wrongType = ({ name, type }: FieldSpec, value: unknown): EventFault => ({
  code: 'WRONG_TYPE',
  message: `${name} is ${shown(value)}, ${DECLARED[type]} is declared`,
  field: name,
});

const shown = (value: unknown): string => {
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  const text =
    typeof value === 'string'
      ? JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
      : String(value);
  return typeof value === 'string' ? `the text ${text}` : text;
};
