/** Types of the part of kafkajs's lower layer that this folder stands on. kafkajs 2.2.4 is frozen, so these do not move. */

declare module 'kafkajs/src/network/connection' {
  import type { Socket } from 'node:net';
  import type { ConnectionOptions as TlsOptions } from 'node:tls';
  import type { SASLOptions } from 'kafkajs';
  import type RequestQueue from 'kafkajs/src/network/requestQueue';

  interface LowerLogger {
    info(message: string, extra?: object): void;
    error(message: string, extra?: object): void;
    warn(message: string, extra?: object): void;
    debug(message: string, extra?: object): void;
    namespace(name: string): LowerLogger;
  }

  interface SocketFactoryArgs {
    readonly host: string;
    readonly port: number;
    readonly ssl: TlsOptions | null;
    readonly onConnect: () => void;
  }

  interface Protocol {
    readonly request: object;
    readonly response: { decode(payload: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> };
    readonly requestTimeout?: number;
    readonly logResponseError?: boolean;
  }

  class Connection {
    constructor(options: {
      host: string;
      port: number;
      clientId: string;
      logger: LowerLogger;
      socketFactory: (args: SocketFactoryArgs) => Socket;
      requestTimeout: number;
      connectionTimeout: number;
      ssl?: TlsOptions | null;
      sasl?: SASLOptions | null;
    });
    readonly host: string;
    readonly port: number;
    readonly clientId: string;
    readonly socket: Socket;
    readonly requestQueue: RequestQueue;
    isConnected(): boolean;
    isAuthenticated(): boolean;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
    authenticate(): Promise<void>;
    send(protocol: Protocol): Promise<unknown>;
    setVersions(versions: object): void;
    setSupportAuthenticationProtocol(supported: boolean): void;
    nextCorrelationId(): number;
    failIfNotConnected(): void;
    rejectRequests(error: Error): void;
  }
  export = Connection;
}

declare module 'kafkajs/src/network/requestQueue' {
  interface Answer {
    readonly correlationId: number;
    readonly size: number;
    readonly payload: Buffer;
  }

  class RequestQueue {
    readonly pending: readonly unknown[];
    readonly inflight: ReadonlyMap<
      number,
      { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
    >;
    readonly isConnected: () => boolean;
    requestTimeoutIntervalId: NodeJS.Timeout;
    push(request: {
      entry: {
        apiKey: number;
        apiName: string;
        apiVersion: number;
        correlationId: number;
        resolve: (answer: Answer) => void;
        reject: (error: Error) => void;
      };
      expectResponse: boolean;
      requestTimeout: number;
      sendRequest: () => void;
    }): void;
    maybeThrottle(ms: number | null): void;
    scheduleCheckPendingRequests(): void;
    scheduleRequestTimeoutCheck(): void;
    destroy(): void;
  }
  export = RequestQueue;
}

declare module 'kafkajs/src/protocol/requests' {
  import type { Protocol } from 'kafkajs/src/network/connection';
  type Definition = {
    readonly versions: readonly string[];
    protocol(at: { version: number }): (args: object) => Protocol;
  };
  export const requests: Readonly<Record<string, Definition>>;
}

declare module 'kafkajs/src/protocol/requests/apiKeys' {
  const apiKeys: Readonly<Record<string, number>>;
  export = apiKeys;
}

// kafkajs's own codec: the oracle of ours.

declare module 'kafkajs/src/protocol/encoder' {
  class Encoder {
    readonly buffer: Buffer;
    writeInt32(value: number): this;
  }
  export = Encoder;
}

declare module 'kafkajs/src/protocol/decoder' {
  class Decoder {
    constructor(buffer: Buffer);
    readBoolean(): boolean;
    readInt16(): number;
    readInt32(): number;
    readInt64(): { toString(): string };
    readString(): string;
    readArray<T>(read: (decoder: Decoder) => T): T[];
  }
  export = Decoder;
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0' {
  import type Encoder from 'kafkajs/src/protocol/encoder';
  const encodeRecord: (record: {
    offsetDelta: number;
    timestampDelta: number;
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, Buffer[]>;
  }) => Encoder;
  export = encodeRecord;
}

declare module 'kafkajs/src/protocol/recordBatch/v0' {
  import type Encoder from 'kafkajs/src/protocol/encoder';
  export const RecordBatch: (batch: {
    compression?: number;
    firstOffset?: number;
    firstTimestamp: number;
    maxTimestamp: number;
    lastOffsetDelta: number;
    producerId?: number;
    producerEpoch?: number;
    firstSequence?: number;
    transactional?: boolean;
    records: Encoder[];
  }) => Promise<Encoder>;
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder' {
  import type Decoder from 'kafkajs/src/protocol/decoder';
  interface DecodedRecord {
    readonly offset: string;
    readonly timestamp: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: Record<string, Buffer | Buffer[]>;
  }
  const decodeRecordBatch: (decoder: Decoder) => Promise<{
    readonly lastOffsetDelta: number;
    readonly producerId: string;
    readonly producerEpoch: number;
    readonly firstSequence: number;
    readonly records: readonly DecodedRecord[];
  }>;
  export = decodeRecordBatch;
}
