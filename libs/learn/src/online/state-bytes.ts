import { Refused, canonicalJson, type CanonicalValue } from '#kernel';

/** Takes the numbers of a state, one behind the other. */
export type Sink = (...numbers: readonly number[]) => void;

/** Gives the numbers of a state in the order in which they were taken. */
export type Source = () => number;

const MAGIC = 'playhead-online-1';

/** Header and numbers as bytes: a line of canonical JSON, then doubles in little-endian order. Equal states give equal bytes. */
export const writeState = (header: CanonicalValue, numbers: readonly number[]): Uint8Array => {
  const line = new TextEncoder().encode(`${MAGIC} ${canonicalJson(header)}\n`);
  const bytes = new Uint8Array(line.length + 8 * numbers.length);
  bytes.set(line);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, index) => view.setFloat64(line.length + 8 * index, number, true));
  return bytes;
};

/** @throws Refused PLAYHEAD_LEARN_INVALID when the bytes are no state that `writeState` gave. */
export const readState = (bytes: Uint8Array): { header: unknown; numbers: Float64Array } => {
  const end = bytes.indexOf(10);
  const line = new TextDecoder().decode(bytes.subarray(0, Math.max(0, end)));
  if (!line.startsWith(`${MAGIC} `) || (bytes.length - end - 1) % 8 !== 0)
    throw new Refused('PLAYHEAD_LEARN_INVALID', 'this is not the state of an online learner');
  const view = new DataView(bytes.buffer, bytes.byteOffset + end + 1);
  const numbers = new Float64Array((bytes.length - end - 1) / 8);
  for (let index = 0; index < numbers.length; index++) numbers[index] = view.getFloat64(8 * index, true);
  return { header: JSON.parse(line.slice(MAGIC.length + 1)), numbers };
};
