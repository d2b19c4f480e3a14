import { HttpException } from '@nestjs/common';
import { ERROR_CODES, isPlatformError, type ErrorCode } from '#kernel';

export interface ErrorAnswer {
  readonly status: number;
  readonly body: {
    readonly error: { readonly code: ErrorCode; readonly message: string; readonly details: unknown };
  };
}

/**
 * What a caller is told about an error. A platform error says its code, message and details; a framework's refusal gets the
 * matching code; anything else is a defect of ours and tells nothing of its inside.
 */
export const errorAnswer = (error: unknown): ErrorAnswer => {
  if (isPlatformError(error) && error.code !== 'PLAYHEAD_DEFECT')
    return answer(error.code, error.message, error.details);
  const status = statusOf(error);
  if (status === 404) return answer('PLAYHEAD_NOT_FOUND', messageOfRefusal(error));
  if (status === 413) return answer('PLAYHEAD_REQUEST_TOO_LARGE', 'the body is over the limit of this door');
  if (status === 415) return answer('PLAYHEAD_REQUEST_MEDIA_TYPE', messageOfRefusal(error));
  if (status !== undefined && status < 500)
    return answer('PLAYHEAD_REQUEST_INVALID', messageOfRefusal(error), {}, status);
  return answer('PLAYHEAD_DEFECT', 'an internal error; the log of the service has the reason');
};

const answer = (
  code: ErrorCode,
  message: string,
  details: unknown = {},
  status: number = ERROR_CODES[code].status,
): ErrorAnswer => ({
  status,
  body: { error: { code, message, details } },
});

/** The 4xx that Nest (HttpException) or Fastify (`statusCode`) gave; undefined where the error is nobody's refusal. */
const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
};

const messageOfRefusal = (error: unknown): string =>
  error instanceof Error ? error.message : 'the request cannot be answered';
