import { credentials, loadPackageDefinition, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { join } from 'node:path';
import type { Metadata } from '@grpc/grpc-js';

type Call = (
  request: object,
  ...rest: readonly unknown[]
) => { readonly on: (event: string, listener: (value: never) => void) => void };

type Constructor = new (address: string, credentials: unknown, options?: object) => Client;

const PROTO = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true } as const;

const constructorOf = (file: string, path: readonly string[]): Constructor => {
  const loaded: unknown = loadPackageDefinition(loadSync(join(__dirname, file), PROTO));
  return path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], loaded) as Constructor;
};

/** A client as generated code makes one, its calls as promises. */
export class GrpcClient {
  private readonly clients: readonly Client[];

  constructor(address: string, options: object = {}) {
    this.clients = [
      new (constructorOf('grpc_service.proto', ['inference', 'GRPCInferenceService']))(
        address,
        credentials.createInsecure(),
        options,
      ),
      new (constructorOf('health.proto', ['grpc', 'health', 'v1', 'Health']))(
        address,
        credentials.createInsecure(),
        options,
      ),
    ];
  }

  get inference(): Client {
    return this.clients[0]!;
  }

  call<T = Record<string, unknown>>(
    method: string,
    request: object = {},
    metadata?: Metadata,
    options: object = {},
  ): Promise<T> {
    const client = this.clients.find((each) => method in each) as unknown as Record<string, Call>;
    return new Promise<T>((resolve, reject) => {
      const done = (error: ServiceError | null, answer: T): void => (error ? reject(error) : resolve(answer));
      client[method]!(request, ...(metadata ? [metadata] : []), options, done);
    });
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}
