import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { deflate, gzip } from 'node:zlib';
import { isPlatformError } from '#kernel';
import { errorAnswer } from '#runtime';

const JSON_TYPE = 'application/json';

/** Below it a packet is a packet. */
const LEAST_COMPRESSED_BYTES = 1_024;

/** One write with the length said, compressed where the caller takes that and it pays. */
export const sendJson = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  json: string,
): void => {
  if (compresses(request, json.length))
    return sendCompressed(request, response, status, Buffer.from(json), []);
  response.writeHead(
    status,
    closing(request, ['Content-Type', JSON_TYPE, 'Content-Length', Buffer.byteLength(json)]),
  );
  response.end(json);
};

/** JSON with a tensor's bytes after it (`binary_tensor_data`); the header counts the JSON, without the content coding. */
export const sendBinary = (
  request: IncomingMessage,
  response: ServerResponse,
  json: string,
  tensor: Float32Array,
): void => {
  const head = Buffer.from(json);
  const bytes = Buffer.from(tensor.buffer, tensor.byteOffset, tensor.byteLength);
  const body = Buffer.concat([head, bytes]);
  const headers = [
    'Content-Type',
    'application/octet-stream',
    'Inference-Header-Content-Length',
    head.length,
  ];
  if (compresses(request, body.length))
    return sendCompressed(request, response, 200, body, headers.slice(2), 'application/octet-stream');
  response.writeHead(200, closing(request, [...headers, 'Content-Length', body.length]));
  response.end(body);
};

/** The protocol's shape, the status of the error's code, and when to come back where that is known. */
export const sendError = (request: IncomingMessage, response: ServerResponse, error: unknown): number => {
  const { status, body } = errorAnswer(error);
  const { message } = body.error;
  const json = JSON.stringify({ error: message.length > 1_000 ? `${message.slice(0, 1_000)}...` : message });
  const headers: (string | number)[] = ['Content-Type', JSON_TYPE, 'Content-Length', Buffer.byteLength(json)];
  const retryAfter = retryAfterSeconds(error, status);
  if (retryAfter !== undefined) headers.push('Retry-After', retryAfter);
  // Of a body that was not read to its end, the rest would be taken for the next request.
  if (!request.complete) headers.push('Connection', 'close');
  response.writeHead(status, closing(request, headers));
  response.end(json);
  return status;
};

/** Whole seconds, at least one, as the header has it. */
const retryAfterSeconds = (error: unknown, status: number): number | undefined => {
  if (status !== 429 && status !== 503) return undefined;
  const ms = isPlatformError(error) ? error.details.retryAfterMs : undefined;
  return Math.max(1, Math.ceil((typeof ms === 'number' ? ms : 0) / 1_000));
};

/** While the server drains, a connection is given back with its answer. */
const closing = (request: IncomingMessage, headers: (string | number)[]): string[] => {
  const { server } = request.socket as { server?: Server };
  if (server && !server.listening && !headers.includes('Connection')) headers.push('Connection', 'close');
  return headers as string[];
};

const compresses = (request: IncomingMessage, length: number): boolean =>
  length >= LEAST_COMPRESSED_BYTES && codingOf(request) !== undefined;

/** The first of gzip and deflate that the caller takes. */
const codingOf = ({ headers }: IncomingMessage): 'gzip' | 'deflate' | undefined => {
  const accepted = headers['accept-encoding'];
  if (typeof accepted !== 'string') return undefined;
  for (const each of accepted.split(',')) {
    const [coding, weight] = each.split(';', 2).map((part) => part.trim().toLowerCase());
    if ((coding === 'gzip' || coding === 'deflate') && !/^q=0(\.0*)?$/.test(weight ?? '')) return coding;
  }
  return undefined;
};

const sendCompressed = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: Buffer,
  headers: readonly (string | number)[],
  type = JSON_TYPE,
): void => {
  const coding = codingOf(request)!;
  (coding === 'gzip' ? gzip : deflate)(body, { level: 1 }, (error, compressed) => {
    if (response.destroyed) return;
    const [bytes, coded] = error ? [body, []] : [compressed, ['Content-Encoding', coding]];
    const all = ['Content-Type', type, 'Content-Length', bytes.length, 'Vary', 'Accept-Encoding'];
    response.writeHead(status, closing(request, [...all, ...coded, ...headers]));
    response.end(bytes);
  });
};
