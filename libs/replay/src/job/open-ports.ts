import { setTimeout as sleep } from 'node:timers/promises';
import { openArtifactStore, type ArtifactStoreOptions } from '#artifacts';
import { createKafkaLog } from '#eventlog/kafka';
import { openSegmentedLog } from '#segments';
import type { ReplayPorts } from '../verify/hops';

/** Where a platform's log and store are, as it can be told to another process. */
export interface ReplayPlace {
  readonly namespace: string;
  readonly brokers: readonly string[];
  readonly store: Omit<ArtifactStoreOptions, 'namespace'>;
}

export interface OpenPorts extends ReplayPorts {
  close(): Promise<void>;
}

/** Opens log and store as an outside program: sealed and live as one. */
export const openReplayPorts = (
  { namespace, brokers, store }: ReplayPlace,
  warn: (message: string) => void,
): OpenPorts => {
  const artifacts = openArtifactStore({ namespace, ...store });
  const broker = createKafkaLog({ brokers, clientId: 'playhead-replay' });
  const log = openSegmentedLog({ log: broker, artifacts, namespace });
  return {
    log,
    artifacts,
    namespace,
    sleep: (ms) => sleep(ms),
    warn,
    close: () => broker.close(),
  };
};
