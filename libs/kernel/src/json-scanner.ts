const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const LARGE_EXPONENT = 69;
const BACKSLASH = 92;
const EXPONENT = 101;
const OPEN = 123;
const CLOSE = 125;

const TRUE = Uint8Array.of(116, 114, 117, 101);
const FALSE = Uint8Array.of(102, 97, 108, 115, 101);
const NULL = Uint8Array.of(110, 117, 108, 108);

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** A whole number of so many digits is exact in a double. */
const EXACT_DIGITS = 15;

/**
 * Walks over compact JSON in its bytes, front to back, and makes only what is asked for: for records of the platform's own whose form
 * is known. Each step says whether the text went on as expected; where it did not, the caller reads it with `JSON.parse`.
 */
export class JsonScanner {
  at = 0;
  /** Where the text passed last begins and ends, without its quotes. */
  textFrom = 0;
  textTo = 0;
  /** Whether it is ASCII. */
  ascii = true;
  private bytes: Uint8Array = new Uint8Array(0);

  start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Passes exactly these bytes. */
  pass(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.at = at + expected.length;
    return true;
  }

  /** Passes one byte. */
  passByte(expected: number): boolean {
    if (this.bytes[this.at] !== expected) return false;
    this.at++;
    return true;
  }

  /** Passes a text, quotes and all, that stands there without escapes. */
  passString(): boolean {
    const { bytes } = this;
    if (bytes[this.at] !== QUOTE) return false;
    let bits = 0;
    for (let at = this.at + 1; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.textFrom = this.at + 1;
        this.textTo = at;
        this.at = at + 1;
        this.ascii = bits < 128;
        return true;
      }
      if (byte === BACKSLASH || byte < SPACE) return false;
      bits |= byte;
    }
    return false;
  }

  /** The value of `true`, `false` or `null`, where one of them stands. */
  constant(): boolean | null | undefined {
    if (this.pass(TRUE)) return true;
    if (this.pass(FALSE)) return false;
    return this.pass(NULL) ? null : undefined;
  }

  /** Passes what is neither object nor array: a text, a plain decimal, `true`, `false` or `null`. */
  passScalar(): boolean {
    return this.passString() || this.number() !== undefined || this.constant() !== undefined;
  }

  /** Passes an object whose members are all texts. */
  passTexts(): boolean {
    if (!this.passByte(OPEN)) return false;
    if (this.passByte(CLOSE)) return true;
    do {
      if (!this.passString() || !this.passByte(COLON) || !this.passString()) return false;
    } while (this.passByte(COMMA));
    return this.passByte(CLOSE);
  }

  /**
   * The double nearest to a number, as `JSON.parse` has it; undefined where no plain decimal stands. Up to fifteen digits make a whole
   * number that a double holds, and one division by an exact power of ten rounds correctly (Clinger, How to Read Floating Point
   * Numbers Accurately, 1990, the fast path); longer ones are left to `Number`.
   */
  number(): number | undefined {
    const { bytes } = this;
    const start = this.at;
    const negative = bytes[start] === MINUS;
    const first = negative ? start + 1 : start;
    let at = first;
    let whole = 0;
    let byte = bytes[at]!;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) whole = whole * 10 + byte - ZERO;
    let digits = at - first;
    if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return undefined;
    let decimals = 0;
    if (byte === POINT) {
      const point = at;
      byte = bytes[++at]!;
      for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) whole = whole * 10 + byte - ZERO;
      decimals = at - point - 1;
      if (decimals === 0) return undefined;
      digits += decimals;
    }
    if (byte === EXPONENT || byte === LARGE_EXPONENT) return undefined;
    this.at = at;
    if (digits > EXACT_DIGITS) return Number(textOf(bytes, start, at));
    const value = decimals === 0 ? whole : whole / POWERS[decimals]!;
    return negative ? -value : value;
  }
}

/** Of ASCII. */
const textOf = (bytes: Uint8Array, from: number, to: number): string => {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
};
