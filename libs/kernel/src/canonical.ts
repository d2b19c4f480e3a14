import { ContractViolation } from './errors';

export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue | undefined };

/**
 * Canonical JSON (architecture.md section 2): keys sorted by UTF-16 code unit, no white space, non-finite numbers null, -0 is 0,
 * strings NFC, undefined members left out. Integers beyond 2^53 are refused.
 */
export const canonicalJson = (value: CanonicalValue): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(canonicalString(value));
    case 'number': {
      const number = canonicalNumber(value);
      return number === null ? 'null' : String(number);
    }
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value))
        return `[${(value as readonly CanonicalValue[]).map(canonicalJson).join(',')}]`;
      const object = value as { readonly [key: string]: CanonicalValue | undefined };
      const members = Object.keys(object)
        .filter((key) => object[key] !== undefined)
        .sort()
        .map((key) => `${JSON.stringify(canonicalString(key))}:${canonicalJson(object[key]!)}`);
      return `{${members.join(',')}}`;
    }
    default:
      throw new ContractViolation(
        'PLAYHEAD_CANONICAL_UNSUPPORTED',
        `a ${typeof value} has no canonical JSON form`,
      );
  }
};

/** Non-finite is null, -0 is 0, an integer beyond 2^53 is refused. */
export const canonicalNumber = (value: number): number | null => {
  if (!Number.isFinite(value)) return null;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new ContractViolation(
      'PLAYHEAD_CANONICAL_UNSAFE_INTEGER',
      `${value} is an integer beyond 2^53; send it as a string`,
    );
  }
  return value === 0 ? 0 : value;
};

/** NFC; ASCII, the common case, is returned as it is. */
export const canonicalString = (value: string): string => {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return value.normalize('NFC');
  return value;
};

/** The canonical string of a key: 4961 and "4961" are the same entity; null and undefined have none. */
export const canonicalKey = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') {
    const number = canonicalNumber(value);
    return number === null ? null : String(number);
  }
  if (typeof value === 'boolean') return String(value);
  throw new ContractViolation(
    'PLAYHEAD_CANONICAL_UNSUPPORTED',
    `a key is a string, a number or a boolean, not ${Array.isArray(value) ? 'an array' : typeof value}`,
  );
};
