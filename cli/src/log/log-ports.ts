import { resolve } from 'node:path';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import { qualify, unqualify } from '#contracts';
import type { EventLog, TopicPartition } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { Refused } from '#kernel';
import { isRunning, readLocalStack, startLocalStack, stopLocalStack, type Endpoints } from '#localstack';
import { SegmentCatalog, isSealedTopic, type SealingContext } from '#segments';
import type { GlobalOptions } from '../options';
import { progress } from '../options';
import { findPlatform } from '../platform/platform';
import { readPlatformState } from '../platform/platform-state';
import { findTopic } from './topic-name';

/** The broker and the store, for what works on segments. */
export interface LogPorts {
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
}

export const withPorts = async (
  options: GlobalOptions,
  work: (ports: LogPorts) => Promise<void>,
): Promise<void> => {
  const { endpoints, namespace } = await findPlatform(options.dataDir, process.env);
  await using(endpoints, namespace, work);
};

/** Broker and store of a data folder without the services: started where they do not run, and stopped again. */
export const withStackAlone = async (
  options: Pick<GlobalOptions, 'dataDir' | 'namespace'>,
  work: (ports: LogPorts) => Promise<void>,
): Promise<void> => {
  const dataDir = resolve(options.dataDir);
  const running = Object.entries(readPlatformState(dataDir)?.services ?? {}).filter(
    ([, service]) => service && isRunning(service.identity),
  );
  if (running.length > 0)
    throw new Refused(
      'PLAYHEAD_CONFLICT',
      `${running.map(([name]) => name).join(', ')} still run and would write to the topics; stop them with \`./playhead down\``,
    );
  const before = await readLocalStack(dataDir);
  const wasRunning = Object.keys(before?.pids ?? {}).length > 0;
  const { kafka, s3 } = await startLocalStack({
    dataDir,
    parts: ['kafka', 's3'],
    env: process.env,
    progress,
  });
  try {
    await using({ kafka, s3 }, options.namespace, work);
  } finally {
    if (!wasRunning) await stopLocalStack(dataDir);
  }
};

const using = async (
  { kafka, s3 }: Pick<Endpoints, 'kafka' | 's3'>,
  namespace: string,
  work: (ports: LogPorts) => Promise<void>,
): Promise<void> => {
  const artifacts = openArtifactStore(
    s3.kind === 'file' ? { namespace, directory: s3.directory } : { namespace, s3 },
  );
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'playhead-log' });
  try {
    await work({ log, artifacts, namespace });
  } finally {
    await log.close();
  }
};

export const contextOf = ({ log, artifacts, namespace }: LogPorts, records?: number): SealingContext => ({
  log,
  artifacts,
  namespace,
  catalog: new SegmentCatalog({ log, namespace }),
  ...(records !== undefined && { limits: { records, bytes: 64 * 1024 * 1024 } }),
  now: () => Date.now(),
});

/** Decisions first, and what is derived behind what it was made of: it is sealed no further than that. */
const ORDER = ['registry', 'ingestion', 'feature', 'serving', 'training', 'monitoring'];

/** Every partition of the topic that is meant, or of all topics that are sealed (`any`: of all topics). */
export const partitionsOf = async (
  { log, namespace }: LogPorts,
  name: string | undefined,
  which: 'sealed' | 'any' = 'sealed',
): Promise<TopicPartition[]> => {
  const names =
    name === undefined
      ? (await log.listTopics(qualify(namespace, ''))).filter(
          (topic) => which === 'any' || isSealedTopic(unqualify(namespace, topic)),
        )
      : [await findTopic(log, namespace, name)];
  const rank = (topic: string): number => ORDER.indexOf(unqualify(namespace, topic).split('.')[0]!);
  const partitions: TopicPartition[] = [];
  for (const topic of names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)))
    for (const { partition } of await log.ends(topic)) partitions.push({ topic, partition });
  return partitions;
};

/** Says every two seconds how far a long work has come, with the rate. */
export const meter = (what: string): { add(records: number): void; end(): void } => {
  const begun = performance.now();
  let records = 0;
  const say = (): void => {
    const seconds = (performance.now() - begun) / 1_000;
    progress(`${what}: ${records} records, ${Math.round(records / seconds)} a second`);
  };
  const timer = setInterval(say, 2_000);
  return {
    add: (more) => void (records += more),
    end: () => clearInterval(timer),
  };
};
