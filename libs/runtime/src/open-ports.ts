import { hostname } from 'node:os';
import { openArtifactStore } from '#artifacts';
import { openSegmentedLog } from '#segments';
import { createKafkaLog } from '#eventlog/kafka';
import { AccessLog } from './access-log';
import type { CommonConfig } from './config';
import { createLogger } from './logger';
import { createMetrics } from './metrics';
import { sleep, systemClock, type Ports } from './ports';

/**
 * Instances are named `<host>-<process id>` where nothing else is said (`run-service.ts`): of this host's we can tell whether they
 * still run. One with our own name is a predecessor, since it is asked about before we join.
 */
export const hasEnded = (clientId: string, host = hostname()): boolean => {
  const at = clientId.lastIndexOf(`.${host}-`);
  const pid = at < 0 ? Number.NaN : Number(clientId.slice(at + host.length + 2));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

/** The real adapters. None of them connects before it is used. */
export const openPorts = (config: CommonConfig): Ports => {
  const logger = createLogger({ service: config.service, instance: config.instance, level: config.logLevel });
  const clientId = `${config.namespace}.${config.service}.${config.instance}`;
  const log = createKafkaLog({
    brokers: config.brokers,
    clientId,
    isGone: (other) => other === clientId || hasEnded(other),
    // While the broker is away its client says so at every attempt; what matters reaches the log as an error of ours.
    logger: (level, message, details) => logger.debug({ level, details }, `kafka: ${message}`),
  });
  const artifacts = openArtifactStore({
    namespace: config.namespace,
    s3: config.s3,
    directory: config.artifactDirectory,
  });
  return {
    // What the broker has cut is read from segments by whoever reads.
    log: openSegmentedLog({ log, artifacts, namespace: config.namespace }),
    artifacts,
    clock: systemClock,
    sleep,
    logger,
    metrics: createMetrics(),
    ...(config.accessLog && { accessLog: new AccessLog({ ...config, ...config.accessLog }) }),
  };
};
