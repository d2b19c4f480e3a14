import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refused } from '#kernel';

/** Who asks, and under which request id where the caller gave one so that a repetition counts once. */
export interface RequesterOf {
  readonly actor: string;
  readonly request?: string;
}

const LONGEST = 200;

/** What the registry itself asks for is named so; nobody may take such a name first. */
const OWN_REQUESTS = /^(check|schedule|rows)\//;

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST) {
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `the header ${name} must be one text of 1 to ${LONGEST} characters`,
    );
  }
  return value;
};

/** `X-Playhead-Actor` (self-declared until access control is built) and `Idempotency-Key`. */
export const Requester = createParamDecorator((_: unknown, context: ExecutionContext): RequesterOf => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const id = header(request, 'idempotency-key');
  if (id !== undefined && OWN_REQUESTS.test(id))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `the header idempotency-key cannot begin as ${id.split('/')[0]}/ does: the registry names its own requests so`,
    );
  return { actor: header(request, 'x-playhead-actor') ?? 'anonymous', request: id };
});
