import { createServer, type Server } from 'node:net';
import { createHash } from 'node:crypto';
import { MinioArtifactStore } from './minio-artifact-store';

const digest = createHash('sha256').update('x').digest('hex');
const away = { code: 'PLAYHEAD_ARTIFACT_UNAVAILABLE', disposition: 'retry' };

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
};
const storeAt = (port: number): MinioArtifactStore =>
  new MinioArtifactStore(
    {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: 'bucket',
      accessKey: 'access',
      secretKey: 'secret-key',
      silenceMs: 100,
    },
    'n',
  );

const expectAway = async (store: MinioArtifactStore): Promise<void> => {
  await expect(store.put(Buffer.from('x'))).rejects.toMatchObject(away);
  await expect(store.get(digest)).rejects.toMatchObject(away);
  await expect(store.has(digest)).rejects.toMatchObject(away);
  await expect(store.ping()).rejects.toMatchObject(away);
  await expect(store.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject(away);
};

describe('MinioArtifactStore while the server is away', () => {
  it('reports a refused connection as a failure that passes', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expectAway(storeAt(port));
  });

  it('does not wait for ever on a server that says nothing', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((socket) => sockets.add(socket));
    await expectAway(storeAt(await listen(server)));
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('does not wait for ever on an answer that stops half-way', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    });
    await expect(storeAt(await listen(server)).get(digest)).rejects.toMatchObject(away);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('keeps a busy server apart from a missing artifact', async () => {
    const server = createServer((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n'));
    });
    await expectAway(storeAt(await listen(server)));
    await new Promise((resolve) => server.close(resolve));
  });
});
