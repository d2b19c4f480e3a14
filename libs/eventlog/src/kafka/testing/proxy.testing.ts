/** A TCP proxy before a broker that can lose or change answers. Test code only. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Decides about the answer to a Produce request: the bytes to pass on, or undefined to lose it. */
export type AnswerFault = (answer: Buffer) => Buffer | 'cut' | undefined;

const PRODUCE = 0;

export class BrokerProxy {
  /** How many Produce requests went through. */
  produced = 0;
  private fault: AnswerFault | undefined;
  private always = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async before(target: number): Promise<BrokerProxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BrokerProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Applies to the answer of the next Produce request, once. */
  onNextProduceAnswer(fault: AnswerFault): void {
    this.fault = fault;
    this.always = false;
  }

  /** Applies to the answers of all Produce requests, until it is called with nothing. */
  onEveryProduceAnswer(fault?: AnswerFault): void {
    this.fault = fault;
    this.always = true;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const broker = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const awaited = new Set<number>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    onFrames(client, (frame) => {
      if (frame.readInt16BE(4) === PRODUCE) {
        awaited.add(frame.readInt32BE(8));
        this.produced++;
      }
      broker.write(frame);
    });
    onFrames(broker, (frame) => {
      const fault = this.fault;
      if (!awaited.delete(frame.readInt32BE(4)) || !fault) {
        client.write(frame);
        return;
      }
      if (!this.always) this.fault = undefined;
      const verdict = fault(frame.subarray(8));
      if (verdict === 'cut') client.destroy();
      else if (verdict) {
        const head = Buffer.from(frame.subarray(0, 8));
        head.writeInt32BE(4 + verdict.length, 0);
        client.write(Buffer.concat([head, verdict]));
      }
    });
  }
}

/** Cuts a stream into frames of the Kafka protocol, the length before each. */
const onFrames = (socket: Socket, take: (frame: Buffer) => void): void => {
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
};
