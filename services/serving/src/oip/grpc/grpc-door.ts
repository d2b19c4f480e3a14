import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Logger, Worker } from '#runtime';
import { acceptCall } from './grpc-call';
import { Http2Connection } from './http2/connection';
import type { GrpcMethods } from './inference-service';
import { Budget, type CallLimits } from './message-reader';

export interface GrpcDoorOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Largest message of a request, unpacked. */
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}

/** How long calls may take to end when the service stops. */
const DRAIN_MS = 10_000;

/** gRPC without TLS on a port of its own. */
export class GrpcDoor implements Worker {
  private readonly server: Server;
  private readonly connections = new Set<Http2Connection>();

  constructor(
    private readonly methods: GrpcMethods,
    private readonly options: GrpcDoorOptions,
  ) {
    this.server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      const { maxMessageBytes } = this.options;
      const limits: CallLimits = { maxMessageBytes, budget: new Budget(4 * maxMessageBytes) };
      const connection = new Http2Connection(
        socket,
        (stream, headers) => acceptCall(this.methods, stream, headers, limits),
        (over) => this.connections.delete(over),
        (error) => this.options.logger.error({ err: error }, 'a gRPC connection failed'),
      );
      this.connections.add(connection);
    });
  }

  /** Undefined while it does not listen. */
  get port(): number | undefined {
    return (this.server.address() as AddressInfo | null)?.port;
  }

  async start(): Promise<void> {
    const { host, port, logger } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    logger.info({ port: this.port }, `gRPC listens at ${host}:${this.port}`);
  }

  /** Takes no more calls, waits for those under way, and closes the connections. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const connection of this.connections) connection.leave();
    const timer = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, DRAIN_MS);
    await closed;
    clearTimeout(timer);
  }

  status(): unknown {
    return { port: this.port, connections: this.connections.size };
  }
}
