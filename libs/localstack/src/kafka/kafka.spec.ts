import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { javaMajor } from './broker';
import { kafkaJars, renderPom } from './jars';
import { KAFKA_JARS, KAFKA_ROOTS, KAFKA_VERSION } from './pinned-jars';
import { askBroker, metadataRequest, readMetadataResponse } from './probe';
import { brokerSettings, javaArguments, renderSettings } from './settings';

const metadataResponse = (clusterId: string | null, brokers: number): Buffer => {
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const text = (value: string | null): Buffer => {
    const length = Buffer.alloc(2);
    length.writeInt16BE(value === null ? -1 : Buffer.byteLength(value));
    return Buffer.concat([length, Buffer.from(value ?? '')]);
  };
  const broker = (id: number): Buffer =>
    Buffer.concat([int32(id), text('127.0.0.1'), int32(9092 + id), text(null)]);
  const body = Buffer.concat([
    int32(1),
    int32(brokers),
    ...Array.from({ length: brokers }, (_, index) => broker(index + 1)),
    text(clusterId),
    int32(1),
    int32(0),
  ]);
  return Buffer.concat([int32(body.length), body]);
};

describe('settings of the broker', () => {
  const settings = brokerSettings({ port: 20001, controllerPort: 20002 });

  it('listens on the loopback interface only', () => {
    expect(settings.listeners).toBe('BROKER://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002');
    expect(settings['advertised.listeners']).toBe(settings.listeners);
  });

  it('takes a derived record of 2.2 MB, keeps everything, and creates no topic by itself', () => {
    expect(settings['message.max.bytes']).toBeGreaterThan(2_200_000);
    expect(settings['replica.fetch.max.bytes']).toBeGreaterThanOrEqual(Number(settings['message.max.bytes']));
    expect(settings['log.retention.ms']).toBe(-1);
    expect(settings['auto.create.topics.enable']).toBe(false);
  });

  it('needs one replica of each internal topic', () => {
    const internal = Object.entries(settings).filter(([name]) => /replication\.factor|min\.isr/.test(name));
    expect(internal.map(([, value]) => value)).toEqual(internal.map(() => 1));
  });

  it('is one property a line', () => {
    const lines = renderSettings({ port: 1, controllerPort: 2 }).trimEnd().split('\n');
    expect(lines).toHaveLength(Object.keys(settings).length);
    expect(lines).toContain('log.dirs=data');
  });

  it('gives Java the heap and every jar', () => {
    expect(javaArguments('/cache/libs', '2g')).toEqual(expect.arrayContaining(['-Xmx2g', '/cache/libs/*']));
  });
});

describe('the version of Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "24" 2025-03-18', 24],
    ['command not found', undefined],
  ])('%s is %s', (output, major) => expect(javaMajor(output)).toBe(major));
});

describe('the jars', () => {
  it('are all pinned by SHA-256, under different names', () => {
    expect(KAFKA_JARS.every((jar) => /^[0-9a-f]{64}$/.test(jar.sha256) && jar.path.endsWith('.jar'))).toBe(
      true,
    );
    expect(new Set(KAFKA_JARS.map((jar) => jar.path.split('/').at(-1))).size).toBe(KAFKA_JARS.length);
    expect(KAFKA_JARS.map((jar) => jar.path)).toContain(
      `org/apache/kafka/kafka_2.13/${KAFKA_VERSION}/kafka_2.13-${KAFKA_VERSION}.jar`,
    );
  });

  it('are asked from Maven by their roots', () => {
    const pom = renderPom(KAFKA_ROOTS);
    expect(pom.match(/<dependency>/g)).toHaveLength(3);
    expect(pom).toContain('<artifactId>kafka_2.13</artifactId><version>4.3.0</version>');
  });
});

describe('fetching the jars', () => {
  let cache: string;
  beforeEach(() => (cache = mkdtempSync(join(tmpdir(), 'playhead-cache-'))));
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  it('says what to do where there is neither Maven nor a repository', async () => {
    await expect(kafkaJars({ PLAYHEAD_CACHE: cache, PATH: '' }, () => undefined)).rejects.toThrow(
      'install Maven (mvn), or set MAVEN_REPOSITORY_URL',
    );
  });

  it('refuses bytes that are not the pinned ones, and leaves nothing in the cache', async () => {
    const server = createHttpServer((_, response) => response.end('not a jar'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const env = {
      PLAYHEAD_CACHE: cache,
      PATH: '',
      MAVEN_REPOSITORY_URL: `http://127.0.0.1:${port}/repository`,
    };
    const said: string[] = [];
    await expect(kafkaJars(env, (line) => said.push(line))).rejects.toThrow('not the pinned');
    await new Promise((resolve) => server.close(resolve));
    expect(said).toEqual([expect.stringContaining('from MAVEN_REPOSITORY_URL')]);
    expect(existsSync(cache) && readdirSync(cache)).toEqual([]);
  });
});

describe('the probe', () => {
  it('asks for the metadata of no topic', () => {
    const request = metadataRequest();
    expect(request.readInt32BE(0)).toBe(request.length - 4);
    expect([request.readInt16BE(4), request.readInt16BE(6), request.readInt32BE(request.length - 4)]).toEqual(
      [3, 2, 0],
    );
  });

  it('reads brokers and cluster, and waits for the rest of a cut answer', () => {
    const response = metadataResponse('cluster', 2);
    expect(readMetadataResponse(response)).toEqual({
      clusterId: 'cluster',
      brokers: [
        { id: 1, host: '127.0.0.1', port: 9093 },
        { id: 2, host: '127.0.0.1', port: 9094 },
      ],
    });
    for (let length = 0; length < response.length; length++) {
      expect(readMetadataResponse(response.subarray(0, length))).toBeUndefined();
    }
  });

  it('takes a server of another kind, and none at all, for no broker', async () => {
    const server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await askBroker('127.0.0.1', port, 1000)).toBeUndefined();
    await new Promise((resolve) => server.close(resolve));
    expect(await askBroker('127.0.0.1', port, 1000)).toBeUndefined();
  });
});
