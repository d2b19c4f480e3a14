import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createKafkaLog } from '#eventlog/kafka';
import { isRunning } from '#localstack';
import type { Platform } from './platform';
import { SERVICES } from './platform-state';
import { readinessOf, serviceUrl } from './service-processes';

export interface PlatformStatus {
  readonly namespace: string;
  readonly kafka: { readonly brokers: readonly string[] };
  readonly postgres: { readonly url: string };
  readonly s3: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly accessKey?: string;
    readonly secretKey?: string;
  };
  readonly services: Readonly<
    Record<
      string,
      {
        readonly url: string;
        readonly grpc?: string;
        readonly pid: number;
        readonly ready: boolean;
        readonly reason?: string;
        readonly log: string;
        readonly topics: readonly string[];
      }
    >
  >;
  readonly topics: readonly TopicStatus[];
}

export interface TopicStatus {
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  /** On disk; absent where the broker's folder is not on this machine. */
  readonly bytes?: number;
}

/** What runs, whether it is ready, and what stands on the topics of the namespace (interfaces.md, `status`). */
export const describePlatform = async (platform: Platform): Promise<PlatformStatus> => {
  const { kafka, postgres, s3 } = platform.endpoints;
  const topics = await topicsOf(platform);
  const services = await Promise.all(
    SERVICES.flatMap((name) => {
      const state = platform.state.services[name];
      return state ? [describeService(name, state, topics, platform.namespace)] : [];
    }),
  );
  return {
    namespace: platform.namespace,
    kafka,
    postgres,
    s3:
      s3.kind === 's3'
        ? { endpoint: s3.endpoint, bucket: s3.bucket, accessKey: s3.accessKey, secretKey: s3.secretKey }
        : { endpoint: `file://${s3.directory}`, bucket: '' },
    services: Object.fromEntries(services),
    topics,
  };
};

const describeService = async (
  name: string,
  state: { identity: { pid: number; started: string }; port: number; log: string },
  topics: readonly TopicStatus[],
  namespace: string,
): Promise<[string, PlatformStatus['services'][string]]> => {
  const { ready, reason } = isRunning(state.identity)
    ? await readinessOf(state)
    : { ready: false, reason: 'not running' };
  const own = topics.map(({ topic }) => topic).filter((topic) => topic.startsWith(`${namespace}.${name}.`));
  return [
    name,
    {
      url: serviceUrl(state),
      pid: state.identity.pid,
      ready,
      ...(ready ? {} : { reason }),
      log: state.log,
      topics: own,
    },
  ];
};

/** What stands on the topics of the namespace. */
export const topicsOf = async ({
  endpoints,
  namespace,
  dataDir,
}: Pick<Platform, 'endpoints' | 'namespace' | 'dataDir'>): Promise<TopicStatus[]> => {
  const log = createKafkaLog({ brokers: endpoints.kafka.brokers, clientId: 'playhead-status' });
  try {
    const bytes = await bytesByTopic(dataDir);
    const names = await log.listTopics(`${namespace}.`);
    return await Promise.all(
      names.map(async (topic) => {
        const ends = await log.ends(topic);
        const records = ends.reduce((sum, { start, end }) => sum + end - start, 0);
        return {
          topic,
          partitions: ends.length,
          records,
          ...(bytes.has(topic) ? { bytes: bytes.get(topic)! } : {}),
        };
      }),
    );
  } finally {
    await log.close();
  }
};

/** Sizes of the broker's partition folders `<topic>-<partition>`, where the broker is ours. */
const bytesByTopic = async (dataDir: string): Promise<Map<string, number>> => {
  const sizes = new Map<string, number>();
  const folder = join(dataDir, 'kafka');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.log')) continue;
    const match = /([^/\\]+)-\d+$/.exec(entry.parentPath);
    if (match)
      sizes.set(match[1]!, (sizes.get(match[1]!) ?? 0) + statSync(join(entry.parentPath, entry.name)).size);
  }
  return sizes;
};
