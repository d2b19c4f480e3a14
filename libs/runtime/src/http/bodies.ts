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
};

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
