import { join } from 'node:path';
import { createKafkaLog } from '#eventlog/kafka';
import { isRunning } from '#localstack';
import { diskUse, diskWarnings, type DiskUse } from './disk-use';
import type { Platform } from './platform';
import { SERVICES, type ServiceState } from './platform-state';
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
  /** Of the data folder, where the broker is ours. */
  readonly disk?: DiskUse;
  /** What somebody should see to; empty when all is well. */
  readonly warnings: readonly string[];
}

export interface TopicStatus {
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  /** On the broker's disk, copies left out; absent where the broker does not tell. */
  readonly bytes?: number;
}

/** What runs, whether it is ready, and what stands on the topics of the namespace (interfaces.md, `status`). */
export const describePlatform = async (platform: Platform): Promise<PlatformStatus> => {
  const { kafka, postgres, s3 } = platform.endpoints;
  const topics = await topicsOf(platform);
  const disk = await diskUse(join(platform.dataDir, 'kafka'));
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
    ...(disk ? { disk } : {}),
    warnings: disk ? diskWarnings(disk, topics) : [],
  };
};

const describeService = async (
  name: string,
  state: ServiceState,
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
      ...(state.grpcPort === undefined ? {} : { grpc: `127.0.0.1:${state.grpcPort}` }),
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
}: Pick<Platform, 'endpoints' | 'namespace'>): Promise<TopicStatus[]> => {
  const log = createKafkaLog({ brokers: endpoints.kafka.brokers, clientId: 'playhead-status' });
  try {
    const names = await log.listTopics(`${namespace}.`);
    // It takes a right of its own on a broker that is not ours: without it, the rest is still worth showing.
    const bytes = await log.bytesOnDisk(`${namespace}.`).catch(() => new Map<string, number>());
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
