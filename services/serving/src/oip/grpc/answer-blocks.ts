import type { GrpcFailure } from './grpc-status';
import { encodeFields } from './http2/hpack';
import type { Http2Stream } from './http2/stream';
import { PREFIX_BYTES } from './message-reader';

/** `:status` 200 is entry 8 of the static table. */
export const ANSWER = Buffer.concat([Buffer.of(0x88), encodeFields({ 'content-type': 'application/grpc' })]);
export const OK = encodeFields({ 'grpc-status': '0' });

export const sendFailure = (stream: Http2Stream, failure: GrpcFailure): void =>
  stream.sendTrailers(Buffer.concat([ANSWER, failureFields(failure)]));

export const failureFields = ({ status, message, trailers }: GrpcFailure): Buffer =>
  encodeFields({ 'grpc-status': String(status), 'grpc-message': percentEncoded(message), ...trailers });

/** Printable ASCII as it is, but for `%`; each other byte of the UTF-8 as %XX. */
const percentEncoded = (message: string): string => {
  let text = '';
  for (const byte of Buffer.from(message.slice(0, 4_096), 'utf8'))
    text +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return text;
};

export const prefixOf = (message: Buffer): Buffer => {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix[0] = 0;
  prefix.writeUInt32BE(message.length, 1);
  return prefix;
};
