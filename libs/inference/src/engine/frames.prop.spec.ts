import fc from 'fast-check';
import { FrameReader, bytesOf, frameHead } from './frames';

it('gives the frames that were written, however the pipe cuts them', () => {
  const frame = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (frames, cuts) => {
        const written = Buffer.concat(frames.flatMap(([kind, body]) => [frameHead(kind, body.length), body]));
        const read: [number, Uint8Array][] = [];
        const reader = new FrameReader((kind, body) => read.push([kind, body]));
        for (let at = 0, k = 0; at < written.length; k++) {
          const to = at + cuts[k % cuts.length]!;
          reader.push(written.subarray(at, to));
          at = to;
        }
        expect(read).toEqual(frames);
      },
    ),
  );
});

it('carries float32 as they lie in memory', () => {
  const rows = Float32Array.of(0, 1.5, -0, Number.NaN, 3e38).subarray(1);
  let read: Float32Array | undefined;
  const reader = new FrameReader((_, { buffer, byteLength }) => {
    read = new Float32Array(buffer as ArrayBuffer, 0, byteLength / 4);
  });
  reader.push(Buffer.concat([frameHead(2, 16), bytesOf(rows)]));
  expect(read).toEqual(Float32Array.of(1.5, -0, Number.NaN, 3e38));
});
