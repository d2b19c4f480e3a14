/**
 * Just enough of the binary form of WebAssembly ("WebAssembly Core Specification" 2.0, chapter 5) to write loops over numbers in
 * memory. An expression is its bytes; what it is made of comes before its own instruction.
 */
export type Code = readonly number[];

const unsigned = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];

const signed = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];

const binary =
  (...instruction: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...instruction];

const load =
  (align: number, ...instruction: number[]) =>
  (address: Code, offset = 0): Code => [...address, ...instruction, align, ...unsigned(offset)];

const store =
  (align: number, ...instruction: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...instruction,
    align,
    ...unsigned(offset),
  ];

/** 32 bits; addresses are these. */
export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  isLess: binary(0x49),
  add: binary(0x6a),
  subtract: binary(0x6b),
  multiply: binary(0x6c),
  and: binary(0x71),
  shiftLeft: binary(0x74),
  shiftRight: binary(0x76),
  load: load(2, 0x28),
  loadByte: load(0, 0x2d),
  store: store(2, 0x36),
};

/** 16 bytes: two doubles side by side, or four integers. */
export const pair = {
  load: load(3, 0xfd, 0x00),
  store: store(3, 0xfd, 0x0b),
  add: binary(0xfd, 0xf0, 0x01),
  subtract: binary(0xfd, 0xf1, 0x01),
  subtractIntegers: binary(0xfd, 0xb1, 0x01),
};

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

export const sequence = (...parts: readonly Code[]): Code => parts.flat();

/** Runs `body` as long as `condition` is not 0. */
export const repeatWhile = (condition: Code, body: Code): Code => [
  ...[0x03, 0x40], // loop
  ...condition,
  ...[0x04, 0x40], // if
  ...body,
  ...[0x0c, 0x01], // br, to the loop
  ...[0x0b, 0x0b],
];

/** Adds to a 32-bit local. */
export const advance = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));

type LocalType = 'i32' | 'pair';
const TYPES: Readonly<Record<LocalType, number>> = { i32: 0x7f, pair: 0x7b };

export interface Function<P extends string, L extends string> {
  /** All 32 bits. */
  readonly parameters: readonly P[];
  readonly locals: Readonly<Record<L, LocalType>>;
  /** The code; when `answers` is true it leaves 32 bits behind. */
  readonly body: (names: Readonly<Record<P | L, Local>>) => Code;
  readonly answers?: boolean;
}

interface Encoded {
  readonly type: Code;
  readonly code: Code;
}

export const func = <P extends string, L extends string>(definition: Function<P, L>): Encoded => {
  const { parameters, locals, body, answers = false } = definition;
  const names = [...parameters, ...Object.keys(locals)];
  const local = (index: number): Local => ({
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  });
  const code = body(
    Object.fromEntries(names.map((name, index) => [name, local(index)])) as Record<P | L, Local>,
  );
  const declared = Object.values<LocalType>(locals).map((type) => [1, TYPES[type]]);
  return {
    type: [0x60, ...vector(parameters.map(() => [TYPES.i32])), ...vector(answers ? [[TYPES.i32]] : [])],
    code: sized([...vector(declared), ...code, 0x0b]),
  };
};

/** A module with these functions, by name, over an imported memory `memory.memory` that is shared and can grow to `maximumPages`. */
export const moduleOf = (functions: Readonly<Record<string, Encoded>>, maximumPages: number): Uint8Array => {
  const all = Object.entries(functions);
  const memory = [...name('memory'), ...name('memory'), 0x02, 0x03, 0, ...unsigned(maximumPages)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      all.map(([, { type }]) => type),
    ),
    ...section(2, [memory]),
    ...section(
      3,
      all.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      all.map(([text], index) => [...name(text), 0x00, ...unsigned(index)]),
    ),
    ...section(
      10,
      all.map(([, { code }]) => code),
    ),
  ]);
};

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];
const name = (text: string): Code => sized(Array.from(text, (letter) => letter.charCodeAt(0)));
