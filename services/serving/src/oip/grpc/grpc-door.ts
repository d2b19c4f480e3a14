import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Logger, Worker } from '#runtime';
import { failureOf } from './grpc-status';
import type { CallContext } from './infer';
import type { GrpcMethods, UnaryMethod } from './inference-service';

export interface GrpcDoorOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Largest message either way, bytes. */
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}

const raw = (bytes: Buffer): Buffer => bytes;

export class GrpcDoor implements Worker {
  private readonly server: Server;
  private listening: number | undefined;

  constructor(
    methods: GrpcMethods,
    private readonly options: GrpcDoorOptions,
  ) {
    this.server = new Server({
      'grpc.max_receive_message_length': options.maxMessageBytes,
      'grpc.max_send_message_length': options.maxMessageBytes,
    });
    const service: Record<string, ServiceDefinition[string]> = {};
    const answers: UntypedServiceImplementation = {};
    const add = (path: string, stream: boolean, answer: UntypedServiceImplementation[string]): void => {
      service[path] = {
        path,
        requestStream: stream,
        responseStream: stream,
        requestSerialize: raw,
        requestDeserialize: raw,
        responseSerialize: raw,
        responseDeserialize: raw,
      };
      answers[path] = answer;
    };
    for (const [path, method] of methods.unary) add(path, false, unary(method));
    for (const [path, method] of methods.stream) add(path, true, stream(method));
    this.server.addService(service, answers);
  }

  get port(): number | undefined {
    return this.listening;
  }

  async start(): Promise<void> {
    const { host, port, logger } = this.options;
    this.listening = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    logger.info({ port: this.listening }, `gRPC listens at ${host}:${this.listening}`);
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
  }
}

const contextOf = (
  call: ServerUnaryCall<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
): CallContext => {
  const deadline = Number(call.getDeadline());
  const abort = new AbortController();
  call.on('cancelled', () => abort.abort());
  const [traceparent] = call.metadata.get('traceparent');
  return {
    signal: abort.signal,
    ...(Number.isFinite(deadline) ? { deadlineMs: performance.now() + deadline - Date.now() } : {}),
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
  };
};

const unary =
  (method: UnaryMethod): handleUnaryCall<Buffer, Buffer> =>
  (call, done: sendUnaryData<Buffer>) => {
    method(call.request, contextOf(call)).then(
      (answer) => done(null, answer),
      (error: unknown) => {
        const { status, message, trailers } = failureOf(error);
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
        done({ code: status, details: message, metadata });
      },
    );
  };

const stream = (method: UnaryMethod) => (call: ServerDuplexStream<Buffer, Buffer>) => {
  const context = contextOf(call);
  let last = Promise.resolve();
  call.on('data', (message: Buffer) => {
    const answer = method(message, context);
    last = last.then(async () => void call.write(await answer));
  });
  call.on('end', () => void last.then(() => call.end()));
};
