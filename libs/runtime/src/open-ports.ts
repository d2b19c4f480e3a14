import { openArtifactStore } from '#artifacts';
import { createKafkaLog } from '#eventlog/kafka';
import type { CommonConfig } from './config';
import { createLogger } from './logger';
import { createMetrics } from './metrics';
import { sleep, systemClock, type Ports } from './ports';

/** The real adapters. None of them connects before it is used. */
export const openPorts = (config: CommonConfig): Ports => {
  const logger = createLogger({ service: config.service, instance: config.instance, level: config.logLevel });
  const log = createKafkaLog({
    brokers: config.brokers,
    clientId: `${config.namespace}.${config.service}.${config.instance}`,
    // While the broker is away its client says so at every attempt; what matters reaches the log as an error of ours.
    logger: (level, message, details) => logger.debug({ level, details }, `kafka: ${message}`),
  });
  const artifacts = openArtifactStore({
    namespace: config.namespace,
    s3: config.s3,
    directory: config.artifactDirectory,
  });
  return { log, artifacts, clock: systemClock, sleep, logger, metrics: createMetrics() };
};
