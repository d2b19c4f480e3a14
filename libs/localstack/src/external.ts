import { ConfigurationError } from '#kernel';
import type { Part } from './state';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface KafkaEndpoint {
  /** `host:port` of each bootstrap broker. */
  readonly brokers: string[];
}
export interface PostgresEndpoint {
  readonly url: string;
}
export type ObjectStore =
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly bucket: string;
      readonly accessKey: string;
      readonly secretKey: string;
    }
  | { readonly kind: 'file'; readonly directory: string };

export interface Endpoints {
  readonly kafka: KafkaEndpoint;
  readonly postgres: PostgresEndpoint;
  readonly s3: ObjectStore;
}

const parses = (text: string, protocols: readonly string[]): boolean =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

/**
 * Parts that the environment places elsewhere, so that nothing is started for them: `KAFKA_BROKERS`, `POSTGRES_URL`,
 * `S3_ENDPOINT` with `S3_ACCESS_KEY`, `S3_SECRET_KEY` and `S3_BUCKET` (`playhead`).
 * Throws `ConfigurationError` with all faults.
 */
export const externalEndpoints = (env: Environment): Partial<Endpoints> => {
  const faults: string[] = [];
  const found: { -readonly [P in Part]?: Endpoints[P] } = {};
  if (env.KAFKA_BROKERS) {
    const brokers = env.KAFKA_BROKERS.split(',').map((broker) => broker.trim());
    if (!brokers.every((broker) => /^\S+:\d+$/.test(broker)))
      faults.push('KAFKA_BROKERS is a list of host:port, separated by commas');
    found.kafka = { brokers };
  }
  if (env.POSTGRES_URL) {
    if (!parses(env.POSTGRES_URL, ['postgres:', 'postgresql:']))
      faults.push('POSTGRES_URL is a URL such as postgres://user:password@host:5432/database');
    found.postgres = { url: env.POSTGRES_URL };
  }
  if (env.S3_ENDPOINT) {
    const {
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY: accessKey,
      S3_SECRET_KEY: secretKey,
      S3_BUCKET: bucket = 'playhead',
    } = env;
    if (!parses(endpoint, ['http:', 'https:'])) faults.push('S3_ENDPOINT is a URL such as http://host:9000');
    if (!accessKey) faults.push('S3_ENDPOINT needs S3_ACCESS_KEY beside it');
    if (!secretKey) faults.push('S3_ENDPOINT needs S3_SECRET_KEY beside it');
    found.s3 = { kind: 's3', endpoint, bucket, accessKey: accessKey ?? '', secretKey: secretKey ?? '' };
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return found;
};
