import { ConfigurationError } from '#kernel';
import type { EventLog } from '../port';
import { Cluster } from './cluster';
import type { ConnectionSettings } from './connection';
import { KafkaLog } from './kafka-log';

export type { KafkaLogger } from './connection';

export interface KafkaLogOptions {
  /** `host:port` of the brokers to begin with; the others are found through them. */
  readonly brokers: readonly string[];
  /** Shows in the brokers' logs, metrics and quotas. */
  readonly clientId: string;
  readonly ssl?: ConnectionSettings['ssl'];
  readonly sasl?: ConnectionSettings['sasl'];
  /** kafkajs's messages about connections; silent by default, because what matters comes as an error. */
  readonly logger?: ConnectionSettings['logger'];
  readonly connectionTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** How long an unacknowledged batch is sent again before `send` rejects. */
  readonly deliveryTimeoutMs?: number;
  /** How long a broker holds a fetch that finds nothing, at most: the cost of an idle reader, not the latency of a record. */
  readonly fetchMaxWaitMs?: number;
  /** Whether the process behind a client id has ended for certain; its memberships are then given up for it. Nobody's by default. */
  readonly isGone?: (clientId: string) => boolean;
  /** Compressed batches that inflate to more are unreadable (`BATCH_TOO_LARGE`). */
  readonly maxInflatedBytes?: number;
}

/** The log port over Kafka. Connects at first use; throws ConfigurationError before that. */
export const createKafkaLog = (options: KafkaLogOptions): EventLog => {
  const faults = faultsOf(options);
  if (faults.length > 0) throw new ConfigurationError(faults);
  const cluster = new Cluster(options.brokers, {
    clientId: options.clientId,
    ssl: options.ssl,
    sasl: options.sasl,
    logger: options.logger,
    connectionTimeoutMs: options.connectionTimeoutMs ?? 3_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
  });
  return new KafkaLog(cluster, {
    isGone: options.isGone,
    reader: {
      maxWaitMs: options.fetchMaxWaitMs ?? 5_000,
      maxBytes: 4 * MIB,
      maxBytesPerPartition: MIB,
      prefetchBytesPerPartition: MIB / 2,
      prefetchBytes: 16 * MIB,
      maxInflatedBytes: options.maxInflatedBytes ?? 64 * MIB,
    },
    producer: {
      batchBytes: 900_000, // below the broker's default max.message.bytes of 1,048,588
      roundBytes: 32 * MIB,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? 15_000,
    },
  });
};

const MIB = 1024 * 1024;

const faultsOf = ({ brokers, clientId }: KafkaLogOptions): string[] => [
  ...(brokers.length > 0 ? [] : ['brokers: at least one is needed']),
  ...brokers
    .filter((broker) => !/^.+:\d{1,5}$/.test(broker))
    .map((broker) => `brokers: "${broker}" is not host:port`),
  ...(clientId ? [] : ['clientId: must not be empty']),
];
