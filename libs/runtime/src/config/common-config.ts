import { Type, type Static, type TObject } from 'typebox';
import { parseDuration } from '#kernel';
import type { AccessLogConfig } from '../access-log';
import type { SealingConfig } from '../sealer';
import { tracingConfigOf, tracingVariables, type TracingConfig } from '../tracing/tracing-config';
import type { ConfigRule } from './define-config';

/** Default ports on one machine (interfaces.md, Doors). */
export const SERVICE_PORTS = {
  ingestion: 7001,
  feature: 7002,
  training: 7003,
  registry: 7004,
  serving: 7005,
  monitoring: 7006,
} as const;

export type ServiceName = keyof typeof SERVICE_PORTS;

const DURATION = '^\\d+(\\.\\d+)?(ms|s|m|h|d|w)$';

/** What every service reads from the environment. A service spreads these into its own `variables`. */
export const commonVariables = (service: ServiceName) => ({
  KAFKA_BROKERS: Type.Array(Type.String({ pattern: '^[^\\s:]+:\\d{1,5}$' }), {
    default: ['127.0.0.1:9092'],
    minItems: 1,
    examples: ['kafka-1:9092,kafka-2:9092'],
    description: 'Kafka bootstrap servers, host:port',
  }),
  POSTGRES_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      secret: true,
      examples: ['postgresql://user:password@postgres:5432/playhead'],
      description: 'Postgres for read models, postgresql://user:password@host:port/database',
    }),
  ),
  S3_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://',
      examples: ['http://127.0.0.1:9000'],
      description: 'object store with the API of S3',
    }),
  ),
  S3_ACCESS_KEY: Type.Optional(
    Type.String({ secret: true, examples: ['playhead'], description: 'access key of the object store' }),
  ),
  S3_SECRET_KEY: Type.Optional(
    Type.String({
      secret: true,
      examples: ['as the store gave it'],
      description: 'secret key of the object store',
    }),
  ),
  S3_BUCKET: Type.String({
    default: 'playhead',
    examples: ['ml-artifacts'],
    description: 'bucket for artifacts; made at the first put if it is not there',
  }),
  PLAYHEAD_ARTIFACT_DIR: Type.Optional(
    Type.String({
      examples: ['/var/lib/playhead/artifacts'],
      description: 'folder for artifacts where there is no object store; one machine only',
    }),
  ),
  PLAYHEAD_NAMESPACE: Type.String({
    default: 'playhead',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    examples: ['staging'],
    description:
      'prefix of topics, consumer groups, Postgres schemas and object keys; two namespaces never meet',
  }),
  PLAYHEAD_HOST: Type.String({
    default: '127.0.0.1',
    examples: ['0.0.0.0'],
    description: 'address that the doors listen on',
  }),
  PLAYHEAD_PORT: Type.Integer({
    default: SERVICE_PORTS[service],
    minimum: 0,
    maximum: 65535,
    unit: 'TCP port',
    examples: [8080],
    description: 'port of the HTTP doors; 0 takes a free one',
  }),
  PLAYHEAD_CONSOLE_ORIGINS: Type.Array(Type.String({ pattern: '^https?://' }), {
    default: ['http://127.0.0.1:7006', 'http://localhost:7006'],
    examples: ['https://playhead.example.com'],
    description: 'origins whose pages may call the doors (CORS)',
  }),
  PLAYHEAD_INSTANCE: Type.String({
    default: 'local',
    examples: ['serving-0'],
    description:
      'name of this process among its like, for logs and client ids; `local` stands for host and process id',
  }),
  PLAYHEAD_SEAL_RECORDS: Type.Integer({
    default: 100_000,
    minimum: 0,
    unit: 'records',
    examples: [1_000_000],
    description: 'a segment of a partition ends at each multiple of it; 0 seals nothing',
  }),
  PLAYHEAD_SEAL_AGE: Type.String({
    default: '24h',
    pattern: DURATION,
    examples: ['1h'],
    description: 'records that are older are sealed although their segment is not full',
  }),
  PLAYHEAD_LOG_KEEP: Type.String({
    default: 'forever',
    pattern: `^forever$|${DURATION}`,
    examples: ['7d'],
    description:
      'how long the broker keeps what is sealed and verified; then it is cut, and read from segments. Inboxes have their own rule',
  }),
  PLAYHEAD_LOG_KEEP_MIB: Type.Optional(
    Type.Integer({
      minimum: 0,
      unit: 'MiB',
      examples: [10_240],
      description:
        'so much of what is sealed the broker keeps of each partition whatever its age; where PLAYHEAD_LOG_KEEP is not set, all beyond it is cut',
    }),
  ),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    examples: ['debug'],
    description: 'lowest level that is logged',
  }),
  PLAYHEAD_ACCESS_LOG: Type.Enum(['off', 'sampled', 'on'], {
    default: 'off',
    examples: ['sampled'],
    description:
      'a JSON line on standard output for each request, or for a share of them and each one that failed',
  }),
  PLAYHEAD_ACCESS_LOG_SHARE: Type.Number({
    default: 0.01,
    minimum: 0,
    maximum: 1,
    unit: 'share',
    examples: [0.001],
    description: 'share of the requests that PLAYHEAD_ACCESS_LOG=sampled logs',
  }),
  ...tracingVariables,
});

export type CommonOptions = Static<TObject<ReturnType<typeof commonVariables>>>;

export const commonRules: readonly ConfigRule<CommonOptions>[] = [
  (options) => {
    if (options.S3_ENDPOINT === undefined) return undefined;
    const missing = (['S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const).filter(
      (name) => options[name] === undefined,
    );
    return missing.length === 0 ? undefined : `S3_ENDPOINT is set, so ${missing.join(' and ')} must be, too`;
  },
  (options) =>
    options.S3_ENDPOINT === undefined && options.PLAYHEAD_ARTIFACT_DIR === undefined
      ? 'no place for artifacts: set S3_ENDPOINT with its keys, or PLAYHEAD_ARTIFACT_DIR'
      : undefined,
];

/** The compiled form of the common options. */
export interface CommonConfig {
  readonly service: ServiceName;
  readonly namespace: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly consoleOrigins: readonly string[];
  readonly logLevel: string;
  readonly brokers: readonly string[];
  readonly postgresUrl?: string;
  readonly s3?: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly accessKey: string;
    readonly secretKey: string;
  };
  readonly artifactDirectory?: string;
  /** Absent where nothing is sealed. */
  readonly sealing?: SealingConfig;
  /** Absent where nothing is traced. */
  readonly tracing?: TracingConfig;
  /** Absent where requests are not logged. */
  readonly accessLog?: AccessLogConfig;
}

export const compileCommon = (service: ServiceName, options: CommonOptions): CommonConfig => ({
  service,
  namespace: options.PLAYHEAD_NAMESPACE,
  instance: options.PLAYHEAD_INSTANCE,
  host: options.PLAYHEAD_HOST,
  port: options.PLAYHEAD_PORT,
  consoleOrigins: options.PLAYHEAD_CONSOLE_ORIGINS,
  logLevel: options.LOG_LEVEL,
  brokers: options.KAFKA_BROKERS,
  postgresUrl: options.POSTGRES_URL,
  s3:
    options.S3_ENDPOINT === undefined
      ? undefined
      : {
          endpoint: options.S3_ENDPOINT,
          bucket: options.S3_BUCKET,
          accessKey: options.S3_ACCESS_KEY ?? '',
          secretKey: options.S3_SECRET_KEY ?? '',
        },
  artifactDirectory: options.PLAYHEAD_ARTIFACT_DIR,
  sealing: sealingOf(options),
  tracing: tracingConfigOf(options),
  accessLog:
    options.PLAYHEAD_ACCESS_LOG === 'off'
      ? undefined
      : { share: options.PLAYHEAD_ACCESS_LOG === 'on' ? 1 : options.PLAYHEAD_ACCESS_LOG_SHARE },
});

const MIB = 1_048_576;

const sealingOf = (options: CommonOptions): SealingConfig | undefined => {
  const { PLAYHEAD_SEAL_RECORDS: records, PLAYHEAD_LOG_KEEP: keep, PLAYHEAD_LOG_KEEP_MIB: mib } = options;
  if (records === 0) return undefined;
  const ms = keep === 'forever' ? undefined : parseDuration(keep);
  return {
    records,
    ageMs: parseDuration(options.PLAYHEAD_SEAL_AGE),
    ...((ms !== undefined || mib !== undefined) && {
      keep: { ...(ms !== undefined && { ms }), ...(mib !== undefined && { bytes: mib * MIB }) },
    }),
  };
};
