import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream } from 'pino';

/** The part of pino that services use; `fields` first, then the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const SECRETS = ['secretKey', 'accessKey', 'password', 'postgresUrl', 'authorization', 'cookie'];

/** One JSON line for each entry on standard output; fields that hold secrets are cut out wherever they stand one or two levels deep. */
export const createLogger = (
  options: { readonly service: string; readonly instance: string; readonly level: string },
  destination?: DestinationStream,
): Logger => {
  const { service, instance, level } = options;
  const redact = { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), remove: true };
  const settings = {
    level,
    base: { service, instance },
    redact,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(settings, destination) : pino(settings);
};

/** Nest's own lines go the same way; its start-up chatter is `debug`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: rest.at(-1) }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    const error = message instanceof Error ? message : undefined;
    this.logger.error(
      { context: rest.at(-1), ...(error ? { err: error } : {}) },
      error ? error.message : String(message),
    );
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: rest.at(-1) }, String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }
}
