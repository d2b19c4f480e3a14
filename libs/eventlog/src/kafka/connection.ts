/** Connections to brokers: kafkajs's, with the few things changed that it needs. */
import { messageOf, PlatformError, TransientFailure } from '#kernel';
import type { SASLOptions } from 'kafkajs';
import Connection from 'kafkajs/src/network/connection';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import { connect as connectTcp, isIP } from 'node:net';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';

export type { Connection };

/** Where kafkajs's own messages go. They tell about connections only; failures that matter reach the caller as errors. */
export type KafkaLogger = (
  level: 'error' | 'warn' | 'info' | 'debug',
  message: string,
  details: object,
) => void;

export interface ConnectionSettings {
  readonly clientId: string;
  readonly ssl?: TlsOptions;
  readonly sasl?: SASLOptions;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly logger?: KafkaLogger;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * kafkajs re-arms a timer for requests that are held back after every answer, even when none is held back: 100 wake-ups
 * a second for each connection, 4 % of a CPU in an idle process. Nothing pending needs no timer: `push` arms it again.
 */
const armPendingTimer = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) armPendingTimer.call(this);
};

/** For the same reason requests that have timed out are looked for once a second, in all connections at once, and not ten times in each. */
const TIMEOUT_CHECK_MS = 1_000;
const connected = new Set<RequestQueue>();
let timeoutCheck: NodeJS.Timeout | undefined;

RequestQueue.prototype.scheduleRequestTimeoutCheck = function (this: RequestQueue): void {
  connected.add(this);
  timeoutCheck ??= setInterval(endTimedOut, TIMEOUT_CHECK_MS).unref();
};

const endTimedOut = (): void => {
  const now = Date.now();
  for (const queue of connected) {
    for (const request of queue.inflight.values())
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
    if (!queue.isConnected()) connected.delete(queue);
  }
  if (connected.size > 0) return;
  clearInterval(timeoutCheck);
  timeoutCheck = undefined;
};

export const openConnection = async (
  address: BrokerAddress,
  settings: ConnectionSettings,
  versions?: object,
): Promise<Connection> => {
  const connection = new Connection({
    ...address,
    clientId: settings.clientId,
    ssl: settings.ssl ?? null,
    sasl: settings.sasl ?? null,
    connectionTimeout: settings.connectionTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    logger: lowerLogger(settings.logger),
    socketFactory: ({ host, port, ssl, onConnect }) => {
      const servername = isIP(host) ? {} : { servername: host };
      const socket = ssl
        ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
        : connectTcp({ host, port }, onConnect);
      return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    },
  });
  try {
    await connection.connect();
    if (versions) await prepare(connection, versions);
    return connection;
  } catch (error) {
    destroyConnection(connection);
    throw unavailable(error);
  }
};

/** Says what the broker speaks and logs in where that is asked for. */
export const prepare = async (connection: Connection, versions: object): Promise<void> => {
  connection.setVersions(versions);
  connection.setSupportAuthenticationProtocol(true);
  await connection.authenticate();
};

/** Closes at once: what is in flight is rejected, not waited for. */
export const destroyConnection = (connection: Connection | undefined): void => {
  if (!connection) return;
  connection.rejectRequests(new Error('the connection was closed'));
  void connection.disconnect().then(
    () => connection.socket?.destroy(),
    () => undefined,
  );
};

export interface Exchange {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  readonly body: readonly Buffer[];
  readonly timeoutMs: number;
}

/**
 * One request of the data path and the bytes of its answer. kafkajs keeps order, timeouts and correlation; its encoder is
 * left out, because it copies the body twice.
 */
export const exchange = async (
  connection: Connection,
  { apiKey, apiVersion, apiName, body, timeoutMs }: Exchange,
): Promise<Buffer> => {
  if (!connection.isAuthenticated()) await connection.authenticate(); // does nothing without SASL
  connection.failIfNotConnected();
  const correlationId = connection.nextCorrelationId();
  const head = requestHead(connection.clientId, {
    apiKey,
    apiVersion,
    correlationId,
    bodyBytes: body.reduce((sum, { length }) => sum + length, 0),
  });
  const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { apiKey, apiVersion, apiName, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: timeoutMs,
      sendRequest: () => {
        connection.socket.cork();
        connection.socket.write(head);
        for (const part of body) connection.socket.write(part);
        connection.socket.uncork();
      },
    });
  });
  return payload;
};

/** Request header, version 1, with the length of the whole request before it. */
const requestHead = (
  clientId: string,
  {
    apiKey,
    apiVersion,
    correlationId,
    bodyBytes,
  }: { apiKey: number; apiVersion: number; correlationId: number; bodyBytes: number },
): Buffer => {
  const name = Buffer.from(clientId, 'utf8');
  const head = Buffer.allocUnsafe(14 + name.length);
  head.writeInt32BE(10 + name.length + bodyBytes, 0);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(apiVersion, 6);
  head.writeInt32BE(correlationId, 8);
  head.writeInt16BE(name.length, 12);
  name.copy(head, 14);
  return head;
};

/** What went wrong on the way to a broker, as the platform's error: the caller tries again. */
export const unavailable = (error: unknown, what = 'the broker'): PlatformError => {
  if (error instanceof PlatformError) return error;
  return new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `${what}: ${messageOf(error)}`, { cause: error });
};

/** Kafka's name of a protocol error, such as UNKNOWN_MEMBER_ID. */
export const protocolErrorType = (error: unknown): string | undefined => {
  const { type } = error as { type?: unknown };
  return typeof type === 'string' ? type : undefined;
};

/** A refusal that passes by itself: a coordinator that is loading, a leader that is being elected. */
export const isPassing = (error: unknown): boolean =>
  protocolErrorType(error) !== undefined && (error as { retriable?: unknown }).retriable === true;

/** Tries again, with growing pauses, while `when` says so and there is time. */
export const retrying = async <T>(
  work: () => Promise<T>,
  timeoutMs: number,
  when: (error: unknown) => boolean = isPassing,
): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(2 * pauseMs, 500)) {
    try {
      return await work();
    } catch (error) {
      if (!when(error) || Date.now() + pauseMs > deadline) throw error;
    }
    await pauseFor(pauseMs);
  }
};

const lowerLogger = (
  logger: KafkaLogger | undefined,
): ConstructorParameters<typeof Connection>[0]['logger'] => {
  const at =
    (level: Parameters<KafkaLogger>[0]) =>
    (message: string, extra: object = {}): void =>
      logger?.(level, message, extra);
  const lower = {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    namespace: () => lower,
  };
  return lower;
};
