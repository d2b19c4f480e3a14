import { BINS } from '../bins';
import {
  advance,
  func,
  i32,
  moduleOf,
  pair,
  repeatWhile,
  sequence,
  type Code,
  type Local,
} from './assembler';
import type { Kernels } from './kernels';

/**
 * The kernels in WebAssembly, about twice as fast: gradient and hessian are added by one instruction, and memory is read without a
 * check of bounds at each step. Arrays are views of one memory; it is a shared one, since only such a memory leaves the views
 * that there are in place when it grows.
 * @throws RangeError where the memory cannot be had.
 */
export const simdKernels = (): Kernels => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  const { exports } = new WebAssembly.Instance(compiled(), { memory: { memory } });
  const { addSums, addCounts, subtractSums, subtractCounts, partition } = exports;
  let used = 0;
  const take = (bytes: number): number => {
    const at = used;
    used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = used - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  };
  const view = <A>(type: ArrayType<A>, length: number): A => {
    const at = take(length * type.BYTES_PER_ELEMENT);
    return new type(memory.buffer, at, length);
  };
  return {
    bytes: (length) => view(Uint8Array, length),
    int32: (length) => view(Int32Array, length),
    uint32: (length) => view(Uint32Array, length),
    float64: (length) => view(Float64Array, length),

    addRows({ sums, counts }, { words, wordsPerRow }, gradients, rows, begin, end) {
      const [first, last] = [rows.byteOffset + 4 * begin, rows.byteOffset + 4 * end];
      const stride = 4 * wordsPerRow;
      addSums!(sums.byteOffset, words.byteOffset, stride, gradients.byteOffset, first, last);
      if (counts !== null) addCounts!(counts.byteOffset, words.byteOffset, stride, first, last);
    },

    subtract(parent, child) {
      subtractSums!(parent.sums.byteOffset, child.sums.byteOffset, parent.sums.byteLength);
      if (parent.counts === null || child.counts === null) return;
      subtractCounts!(parent.counts.byteOffset, child.counts.byteOffset, parent.counts.byteLength);
    },

    partition(rows, begin, end, numbers, goesLeft, moved) {
      const [first, last] = [rows.byteOffset + 4 * begin, rows.byteOffset + 4 * end];
      const left = partition!(first, last, numbers.byteOffset, goesLeft.byteOffset, moved.byteOffset);
      const middle = ((left >>> 0) - rows.byteOffset) / 4;
      rows.set(moved.subarray(0, end - middle), middle);
      return middle;
    },
  };
};

interface ArrayType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer, byteOffset: number, length: number): A;
}

/** The greatest number of bytes that these kernels can work on. */
export const SIMD_BYTES = 4 * 1024 * 1024 * 1024 - 65536;
const PAGE = 65536;
const MAXIMUM_PAGES = SIMD_BYTES / PAGE;
const ALIGNMENT = 64;

/** What we use of the WebAssembly JavaScript interface, which every engine has and no library of the language lists. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => {
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { memory: { memory: object } },
  ) => { readonly exports: Readonly<Record<string, (...parameters: number[]) => number>> };
};

let compiledOnce: object | undefined;
const compiled = (): object => (compiledOnce ??= new WebAssembly.Module(moduleOf(FUNCTIONS, MAXIMUM_PAGES)));

/** The bin number in byte `index` of a word, times 2^shift. */
const binOf = (word: Local, index: number, shift: number): Code => {
  const by = 8 * index - shift;
  const moved = by < 0 ? i32.shiftLeft(word.get, i32.const(-by)) : i32.shiftRight(word.get, i32.const(by));
  return i32.and(by === 0 ? word.get : moved, i32.const(255 << shift));
};

const FEATURES_OF_WORD = [0, 1, 2, 3];

const addSums = func({
  parameters: ['sums', 'words', 'stride', 'gradients', 'next', 'end'],
  locals: { row: 'i32', at: 'i32', last: 'i32', base: 'i32', word: 'i32', sum: 'i32', gradient: 'pair' },
  body: ({ sums, words, stride, gradients, next, end, row, at, last, base, word, sum, gradient }) =>
    repeatWhile(
      i32.isLess(next.get, end.get),
      sequence(
        row.set(i32.load(next.get)),
        gradient.set(pair.load(i32.add(gradients.get, i32.shiftLeft(row.get, i32.const(4))))),
        at.set(i32.add(words.get, i32.multiply(row.get, stride.get))),
        last.set(i32.add(at.get, stride.get)),
        base.set(sums.get),
        repeatWhile(
          i32.isLess(at.get, last.get),
          sequence(
            word.set(i32.load(at.get)),
            ...FEATURES_OF_WORD.map((feature) => {
              const offset = feature * BINS * 16;
              return sequence(
                sum.set(i32.add(base.get, binOf(word, feature, 4))),
                pair.store(sum.get, pair.add(pair.load(sum.get, offset), gradient.get), offset),
              );
            }),
            advance(at, i32.const(4)),
            advance(base, i32.const(4 * BINS * 16)),
          ),
        ),
        advance(next, i32.const(4)),
      ),
    ),
});

const addCounts = func({
  parameters: ['counts', 'words', 'stride', 'next', 'end'],
  locals: { at: 'i32', last: 'i32', base: 'i32', word: 'i32', count: 'i32' },
  body: ({ counts, words, stride, next, end, at, last, base, word, count }) =>
    repeatWhile(
      i32.isLess(next.get, end.get),
      sequence(
        at.set(i32.add(words.get, i32.multiply(i32.load(next.get), stride.get))),
        last.set(i32.add(at.get, stride.get)),
        base.set(counts.get),
        repeatWhile(
          i32.isLess(at.get, last.get),
          sequence(
            word.set(i32.load(at.get)),
            ...FEATURES_OF_WORD.map((feature) => {
              const offset = feature * BINS * 4;
              return sequence(
                count.set(i32.add(base.get, binOf(word, feature, 2))),
                i32.store(count.get, i32.add(i32.load(count.get, offset), i32.const(1)), offset),
              );
            }),
            advance(at, i32.const(4)),
            advance(base, i32.const(4 * BINS * 4)),
          ),
        ),
        advance(next, i32.const(4)),
      ),
    ),
});

/** Over arrays of a multiple of 16 bytes. */
const subtractAll = (subtract: (a: Code, b: Code) => Code) =>
  func({
    parameters: ['from', 'what', 'bytes'],
    locals: { end: 'i32' },
    body: ({ from, what, bytes, end }) =>
      sequence(
        end.set(i32.add(from.get, bytes.get)),
        repeatWhile(
          i32.isLess(from.get, end.get),
          sequence(
            pair.store(from.get, subtract(pair.load(from.get), pair.load(what.get))),
            advance(from, i32.const(16)),
            advance(what, i32.const(16)),
          ),
        ),
      ),
  });

const partition = func({
  parameters: ['next', 'end', 'numbers', 'goesLeft', 'right'],
  locals: { left: 'i32', row: 'i32', step: 'i32' },
  answers: true,
  body: ({ next, end, numbers, goesLeft, right, left, row, step }) =>
    sequence(
      left.set(next.get),
      repeatWhile(
        i32.isLess(next.get, end.get),
        sequence(
          row.set(i32.load(next.get)),
          step.set(i32.loadByte(i32.add(goesLeft.get, i32.loadByte(i32.add(numbers.get, row.get))))),
          step.set(i32.shiftLeft(step.get, i32.const(2))),
          i32.store(left.get, row.get),
          i32.store(right.get, row.get),
          advance(left, step.get),
          advance(right, i32.subtract(i32.const(4), step.get)),
          advance(next, i32.const(4)),
        ),
      ),
      left.get,
    ),
});

const FUNCTIONS = {
  addSums,
  addCounts,
  subtractSums: subtractAll(pair.subtract),
  subtractCounts: subtractAll(pair.subtractIntegers),
  partition,
};
