import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refused } from '#kernel';

/** Who asks, and under which request id where the caller gave one so that a repetition counts once. */
export interface RequesterOf {
  readonly actor: string;
  readonly request?: string;
}

const LONGEST = 200;

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
  return {
    actor: header(request, 'x-playhead-actor') ?? 'anonymous',
    request: header(request, 'idempotency-key'),
  };
});
