import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createKafkaLog } from './index';

describe('a request', () => {
  it('to a broker that takes connections and says nothing ends after its time, again and again', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const log = createKafkaLog({ brokers: [`127.0.0.1:${port}`], clientId: 'mute', requestTimeoutMs: 100 });
    try {
      for (let time = 1; time <= 2; time++) {
        await expect(log.ping()).rejects.toMatchObject({
          code: 'PLAYHEAD_LOG_UNAVAILABLE',
          disposition: 'retry',
        });
        expect(sockets).toHaveLength(time);
      }
    } finally {
      await log.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});
