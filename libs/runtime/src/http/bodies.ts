import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Refused } from '#kernel';

/**
 * `parsed`: JSON becomes a value (an empty body undefined), YAML and plain text a string, anything else is refused with 415.
 * `raw`: every body is a Buffer, whatever its content type or lack of one, for doors that keep the bytes as they were sent.
 */
export type BodyMode = 'parsed' | 'raw';

const JSON_TYPE = /^application\/([\w.+-]+\+)?json$/;
const TEXT_TYPE = /^(application\/(x-)?yaml|application\/([\w.+-]+\+)yaml|text\/[\w.+-]+)$/;

export const readBodies = (server: FastifyInstance, mode: BodyMode, limitBytes: number): void => {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: limitBytes }, (request, body, done) => {
    if (mode === 'raw') return done(null, body);
    try {
      done(null, parseBody(body as Buffer, request.headers['content-type']));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 413 && !request.raw.complete) await readOn(request.raw);
  });
};

const LINGER_BYTES = 67_108_864;
const LINGER_MS = 5_000;

/**
 * Throws away what is left of a refused body, within bounds, before it is answered: a connection that is closed while the client
 * still writes is reset, and the client sees a broken pipe in place of the answer.
 */
export const readOn = (body: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    let left = LINGER_BYTES;
    if (Number(body.headers['content-length'] ?? 0) > left) return resolve();
    const timer = setTimeout(resolve, LINGER_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    body.on('data', (part: Buffer) => {
      if ((left -= part.length) < 0) done();
    });
    body.on('end', done).on('error', done).on('close', done).resume();
  });

/** Parses a body by its content type; without one it is taken for JSON. */
export const parseBody = (body: Buffer, contentType: string | undefined): unknown => {
  const type = (contentType ?? 'application/json').split(';')[0]!.trim().toLowerCase();
  if (TEXT_TYPE.test(type)) return body.toString('utf8');
  if (!JSON_TYPE.test(type))
    throw new Refused('PLAYHEAD_REQUEST_MEDIA_TYPE', `this door takes JSON or YAML, not ${type}`);
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (cause) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'the body is not JSON', { cause });
  }
};
