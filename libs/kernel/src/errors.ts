/**
 * One error type for the whole platform. `disposition` tells the runner what to do next, so nobody parses messages.
 * Every code stands in `codes.ts`; a test walks the list.
 */
import type { ErrorCode } from './codes';

export type Disposition =
  /** The record can never be handled: raw bytes and reason go to dead letters, the partition goes on. */
  | 'dead-letter'
  /** A dependency is away: pause the partition, back off, never skip. */
  | 'retry'
  /** Somebody else owns the work now: drop it uncommitted and rejoin. */
  | 'abandon'
  /** Something that must not happen did: stop and say so. */
  | 'halt'
  /** The process must not start: list all faults, exit 2 before connecting. */
  | 'refuse-to-start'
  /** The caller of a door or a command asked for something wrong: a 4xx or exit code 2. */
  | 'refuse';

export interface ErrorOptions {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class PlatformError extends Error {
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    readonly disposition: Disposition,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details ?? {};
  }
}

/** Thrown when bytes on the log cannot be decoded or do not keep their contract. */
export class ContractViolation extends PlatformError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'dead-letter', message, options);
  }
}

/** Thrown when a dependency (broker, Postgres, object store) is away for now. */
export class TransientFailure extends PlatformError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'retry', message, options);
  }
}

/** Thrown when a partition was given to another worker while this one was working on it. */
export class OwnershipLost extends PlatformError {
  constructor(message: string, options?: ErrorOptions) {
    super('PLAYHEAD_LOG_OWNERSHIP_LOST', 'abandon', message, options);
  }
}

/** Thrown when the log, or a computation over it, does not give what it gave before. */
export class NondeterminismDetected extends PlatformError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'halt', message, options);
  }
}

/** Thrown when our own code is wrong: an invariant does not hold. */
export class Defect extends PlatformError {
  constructor(message: string, options?: ErrorOptions) {
    super('PLAYHEAD_DEFECT', 'halt', message, options);
  }
}

/** Thrown before any connection is made, with all faults of the configuration listed. */
export class ConfigurationError extends PlatformError {
  constructor(readonly faults: readonly string[]) {
    super(
      'PLAYHEAD_CONFIG_INVALID',
      'refuse-to-start',
      `configuration is not valid:\n  - ${faults.join('\n  - ')}`,
      {
        details: { faults },
      },
    );
  }
}

/** Thrown when a caller asks for something that cannot be done; `message` says what to do instead. */
export class Refused extends PlatformError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'refuse', message, options);
  }
}

export const isPlatformError = (error: unknown): error is PlatformError => error instanceof PlatformError;

/** Something is away for now: pause and try again, never skip. */
export const isTransient = (error: unknown): error is PlatformError =>
  isPlatformError(error) && error.disposition === 'retry';

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
