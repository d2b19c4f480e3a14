import type { IncomingMessage, ServerResponse } from 'node:http';
import { destination, pino, stdTimeFunctions, type DestinationStream } from 'pino';

/** Which requests have a line. */
export interface AccessLogConfig {
  /** Of those that did not fail; failures of ours (5xx) always have one. */
  readonly share: number;
}

export interface AccessLogOptions extends AccessLogConfig {
  readonly service: string;
  readonly instance: string;
  readonly random?: () => number;
}

/** Lines that wait for standard output; beyond, they are dropped and counted. */
const MAX_WAITING_BYTES = 4_194_304;
/** So much is written to a pipe in one piece, whatever else is written to it (POSIX, PIPE_BUF). */
const MAX_WRITE_BYTES = 4_096;

/** What is said of a call. */
export interface CallLine {
  readonly protocol: string;
  readonly path: string;
  /** `ok`, or the code of the error. */
  readonly status: string;
  /** By our fault. */
  readonly failed: boolean;
  readonly ms: number;
  readonly traceparent?: string | undefined;
  readonly [more: string]: unknown;
}

/**
 * One JSON line on standard output for each request, or for a share of them. Lines are gathered and written by the way, never by the
 * request: where output is slower than requests come, lines are dropped.
 */
export class AccessLog {
  private readonly log: ReturnType<typeof pino>;
  private readonly stream: DestinationStream & { flush?(done?: () => void): void };
  private readonly share: number;
  private readonly random: () => number;
  private lost = 0;

  constructor({ share, service, instance, random = Math.random }: AccessLogOptions, to?: DestinationStream) {
    this.share = share;
    this.random = random;
    this.stream = to ?? this.output();
    this.log = pino(
      {
        base: { service, instance, log: 'access' },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      this.stream,
    );
  }

  /** Lines that were dropped. */
  get dropped(): number {
    return this.lost;
  }

  http(request: IncomingMessage, response: ServerResponse, ms: number): void {
    // Whose caller left before the answer: as nginx says it.
    const status = response.writableFinished || response.headersSent ? response.statusCode : 499;
    if (!this.takes(status >= 500)) return;
    const { method, headers, url = '' } = request;
    const query = url.indexOf('?');
    this.log.info({
      protocol: 'http',
      method,
      path: query < 0 ? url : url.slice(0, query),
      status,
      ms: rounded(ms),
      bytes: headers['content-length'] === undefined ? undefined : Number(headers['content-length']),
      peer: request.socket.remoteAddress,
      agent: headers['user-agent'],
      trace: traceIdIn(headers.traceparent),
    });
  }

  /** Of a door that does not speak HTTP/1. */
  call(line: CallLine): void {
    const { traceparent, ms, ...said } = line;
    if (this.takes(line.failed)) this.log.info({ ...said, ms: rounded(ms), trace: traceIdIn(traceparent) });
  }

  /** Writes what waits. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stream.flush) this.stream.flush(() => resolve());
      else resolve();
    });
  }

  private takes(failed: boolean): boolean {
    return failed || this.share >= 1 || this.random() < this.share;
  }

  private output(): DestinationStream {
    const stream = destination({
      dest: 1,
      sync: false,
      // It must be below the greatest write.
      minLength: MAX_WRITE_BYTES - 1,
      maxWrite: MAX_WRITE_BYTES,
      maxLength: MAX_WAITING_BYTES,
      periodicFlush: 500,
    });
    stream.on('drop', () => this.lost++);
    return stream;
  }
}

const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

const traceIdIn = (traceparent: unknown): string | undefined =>
  typeof traceparent === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-/.test(traceparent)
    ? traceparent.slice(3, 35)
    : undefined;
