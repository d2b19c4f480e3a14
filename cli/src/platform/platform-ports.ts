import { openArtifactStore, type ArtifactStore } from '#artifacts';
import type { EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { openSegmentedLog } from '#segments';
import { findPlatform, type Platform } from './platform';

/** The log and the store of a platform, as an outside program opens them. */
export interface PlatformPorts {
  readonly namespace: string;
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
}

/** Opens the log and the store of the platform in a data folder for one piece of work, and closes what must be closed. */
export const withPlatformPorts = async <T>(
  { dataDir, client }: { readonly dataDir: string; readonly client: string },
  work: (ports: PlatformPorts) => Promise<T>,
): Promise<T> => {
  const ports = openPlatformPorts(await findPlatform(dataDir, process.env), client);
  try {
    return await work(ports);
  } finally {
    await ports.log.close();
  }
};

/** The same for a platform that is at hand; whoever opens it closes the log. */
export const openPlatformPorts = (
  { endpoints, namespace }: Pick<Platform, 'endpoints' | 'namespace'>,
  client: string,
): PlatformPorts => {
  const { s3, kafka } = endpoints;
  const artifacts = openArtifactStore(
    s3.kind === 'file' ? { namespace, directory: s3.directory } : { namespace, s3 },
  );
  const live = createKafkaLog({ brokers: kafka.brokers, clientId: `playhead-${client}` });
  // What the broker has cut is read from segments.
  return { namespace, artifacts, log: openSegmentedLog({ log: live, artifacts, namespace }) };
};
