import { ERROR_CODES, isPlatformError, messageOf } from '#kernel';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const STATUS = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** How a call ended that gave no answer. */
export interface GrpcFailure {
  readonly status: Status;
  readonly message: string;
  /** Trailers: when it is worth while to ask again. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** Thrown where the protocol's own status says more than an error of the platform. */
export class GrpcError extends Error {
  constructor(
    readonly status: Status,
    message: string,
  ) {
    super(message);
  }
}

/** The HTTP status that REST answers with, as a status of gRPC. */
const STATUS_OF_HTTP: Readonly<Record<number, Status>> = {
  400: STATUS.INVALID_ARGUMENT,
  404: STATUS.NOT_FOUND,
  409: STATUS.FAILED_PRECONDITION,
  413: STATUS.RESOURCE_EXHAUSTED,
  415: STATUS.UNIMPLEMENTED,
  422: STATUS.INVALID_ARGUMENT,
  429: STATUS.RESOURCE_EXHAUSTED,
  499: STATUS.CANCELLED,
  503: STATUS.UNAVAILABLE,
  504: STATUS.DEADLINE_EXCEEDED,
};

const NONE: Readonly<Record<string, string>> = {};
/** Seconds, as REST says it, and the name that clients of gRPC read: https://github.com/grpc/proposal/blob/master/A6-client-retries.md */
const RETRY_AFTER = { 'retry-after': '1', 'grpc-retry-pushback-ms': '1000' };

/** The same code and message as at REST; what is a defect of ours tells nothing of its inside. */
export const failureOf = (error: unknown): GrpcFailure => {
  if (error instanceof GrpcError) return { status: error.status, message: error.message, trailers: NONE };
  if (!isPlatformError(error) || error.code === 'PLAYHEAD_DEFECT')
    return {
      status: STATUS.INTERNAL,
      message: 'an internal error; the log of the service has the reason',
      trailers: NONE,
    };
  const http = ERROR_CODES[error.code].status;
  return {
    status: STATUS_OF_HTTP[http] ?? STATUS.INTERNAL,
    message: messageOf(error),
    trailers: http === 429 || http === 503 ? RETRY_AFTER : NONE,
  };
};
