import type { IncomingMessage } from 'node:http';
import { gunzip, inflate } from 'node:zlib';
import { Refused, type PlatformError } from '#kernel';

type Done = (body: Buffer | PlatformError) => void;

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads a request's body and undoes its content coding. `done` is called once; never, when the caller goes away before the end.
 * However small the pieces that it comes in, it takes no more than twice its size.
 */
export const readBody = (request: IncomingMessage, limitBytes: number, done: Done): void => {
  if (Number(request.headers['content-length']) > limitBytes) return done(tooLarge(limitBytes));
  let body: Buffer = NO_BYTES;
  let length = 0;
  const onData = (piece: Buffer): void => {
    const end = length + piece.length;
    if (end > limitBytes) {
      request.off('data', onData).off('end', onEnd);
      return done(tooLarge(limitBytes));
    }
    if (length === 0) body = piece;
    else {
      if (end > body.length) body = grown(body, length, end);
      piece.copy(body, length);
    }
    length = end;
  };
  const onEnd = (): void => {
    const whole = length === body.length ? body : body.subarray(0, length);
    const coding = request.headers['content-encoding'];
    if (coding === undefined || coding === 'identity') done(whole);
    else decoded(whole, coding, limitBytes, done);
  };
  request.on('data', onData).on('end', onEnd);
};

const grown = (body: Buffer, length: number, needed: number): Buffer => {
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * length, needed, 1_024));
  body.copy(larger, 0, 0, length);
  return larger;
};

const decoded = (body: Buffer, coding: string, limitBytes: number, done: Done): void => {
  const decode =
    coding === 'gzip' || coding === 'x-gzip' ? gunzip : coding === 'deflate' ? inflate : undefined;
  if (!decode)
    return done(
      new Refused(
        'PLAYHEAD_REQUEST_MEDIA_TYPE',
        `the content coding ${JSON.stringify(coding.slice(0, 40))} is not known; send gzip, deflate or none`,
      ),
    );
  decode(body, { maxOutputLength: limitBytes }, (error, whole) => {
    if (!error) return done(whole);
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return done(tooLarge(limitBytes));
    done(new Refused('PLAYHEAD_REQUEST_INVALID', `the body is no ${coding}: ${error.message}`));
  });
};

const tooLarge = (limitBytes: number): PlatformError =>
  new Refused('PLAYHEAD_REQUEST_TOO_LARGE', `the body is over the limit of ${limitBytes} bytes`);
