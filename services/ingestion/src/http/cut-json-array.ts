const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The bytes without white space around them; a view. */
export const trimmed = (bytes: Buffer): Buffer => {
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start]!)) start++;
  while (end > start && isSpace(bytes[end - 1]!)) end--;
  return bytes.subarray(start, end);
};

export const beginsArray = (json: Buffer): boolean => json[0] === OPEN_BRACKET;

/**
 * The elements of a JSON array as views of its bytes, which are neither parsed nor written anew: an element may itself be no JSON,
 * that is for who reads it. Undefined where boundaries cannot be told: no closing bracket, something behind it, an empty element.
 * Stops at the first element beyond `most`: a view takes more memory than the two bytes that it may stand for.
 */
export const cutJsonArray = (json: Buffer, most = Infinity): Buffer[] | undefined => {
  if (!beginsArray(json)) return undefined;
  const elements: Buffer[] = [];
  let depth = 0;
  let start = 1;
  let i = 0;
  for (; i < json.length; i++) {
    const byte = json[i]!;
    if (byte === QUOTE) {
      i = endOfString(json, i);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--depth === 0) break;
    } else if (byte === COMMA && depth === 1) {
      if (elements.push(trimmed(json.subarray(start, i))) > most) return elements;
      start = i + 1;
    }
  }
  if (depth !== 0 || json[i] !== CLOSE_BRACKET || i !== json.length - 1) return undefined;
  const last = trimmed(json.subarray(start, i));
  if (last.length > 0 || elements.length > 0) elements.push(last);
  return elements.every(({ length }) => length > 0) ? elements : undefined;
};

/** Index of the closing quote, or the length where there is none. */
const endOfString = (json: Buffer, open: number): number => {
  for (let i = open + 1; i < json.length; i++) {
    const byte = json[i]!;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i++;
  }
  return json.length;
};

/** The lines of an NDJSON body that hold anything. Stops at the first one beyond `most`. */
export const cutLines = (body: Buffer, most = Infinity): Buffer[] => {
  const lines: Buffer[] = [];
  for (let start = 0; start <= body.length;) {
    const feed = body.indexOf(0x0a, start);
    const end = feed < 0 ? body.length : feed;
    const line = trimmed(body.subarray(start, end));
    if (line.length > 0 && lines.push(line) > most) break;
    start = end + 1;
  }
  return lines;
};
