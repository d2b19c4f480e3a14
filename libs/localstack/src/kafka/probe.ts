/** Asks a broker who it is, in Kafka's own protocol: Metadata (key 3), version 2, for no topic. */
import { connect } from 'node:net';

export interface ClusterAnswer {
  readonly clusterId: string | null;
  /** Brokers that take part: registered, caught up and not fenced. */
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
}

const CLIENT = 'playhead-probe';
const CORRELATION = 1;

export const metadataRequest = (): Buffer => {
  const client = Buffer.from(CLIENT);
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4);
  let at = request.writeInt32BE(request.length - 4);
  at = request.writeInt16BE(3, at);
  at = request.writeInt16BE(2, at);
  at = request.writeInt32BE(CORRELATION, at);
  at = request.writeInt16BE(client.length, at);
  at += client.copy(request, at);
  request.writeInt32BE(0, at);
  return request;
};

/** Undefined while the frame is not complete; throws when it is no answer to the request above. */
export const readMetadataResponse = (bytes: Buffer): ClusterAnswer | undefined => {
  if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE(0)) return undefined;
  if (bytes.readInt32BE(4) !== CORRELATION) throw new RangeError('not an answer to this request');
  let at = 8;
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4);
  const text = (): string | null => {
    const length = bytes.readInt16BE(at);
    at += 2 + Math.max(length, 0);
    return length < 0 ? null : bytes.toString('utf8', at - length, at);
  };
  const brokers = Array.from({ length: int32() }, () => {
    const broker = { id: int32(), host: text() ?? '', port: int32() };
    text(); // rack
    return broker;
  });
  return { brokers, clusterId: text() };
};

/** What the broker at `host:port` answers within `ms`; undefined when it does not. */
export const askBroker = (host: string, port: number, ms: number): Promise<ClusterAnswer | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const finish = (answer: ClusterAnswer | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, ms, undefined);
    socket.once('connect', () => socket.write(metadataRequest()));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        const answer = readMetadataResponse(received);
        if (answer) finish(answer);
      } catch {
        finish(undefined);
      }
    });
  });
