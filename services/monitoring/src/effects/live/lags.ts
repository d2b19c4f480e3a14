import { TOPICS, qualify, unqualify, type Deployments } from '#contracts';
import type { EventLog } from '#eventlog';

/** Records of a source that a service has not committed. Commits come once a second, so a busy fold is never at 0. */
export interface Lag {
  readonly service: string;
  /** Below the namespace. */
  readonly source: string;
  readonly records: number;
}

interface Work {
  readonly service: string;
  readonly source: string;
  /** Consumer group, below the namespace. */
  readonly group: string;
}

const INBOX = TOPICS.inbox('');
const DECIDERS: readonly Work[] = [
  { service: 'training', source: TOPICS.trainingInputs, group: `training.runs.${TOPICS.trainingInputs}` },
  { service: 'registry', source: TOPICS.registryInputs, group: `registry.decider.${TOPICS.registryInputs}` },
  {
    service: 'monitoring',
    source: TOPICS.monitoringInputs,
    group: `monitoring.reports.${TOPICS.monitoringInputs}`,
  },
];

/** Which groups work on what, by the topics that are there and the deployments in force. */
export const workOf = (topics: readonly string[], deployments: Deployments): Work[] => {
  const inboxes = topics
    .filter((topic) => topic.startsWith(INBOX))
    .map((source) => ({ service: 'ingestion', source, group: `ingestion.inbox.${source}` }));
  const roads = [...deployments.values()].flatMap(({ deployment, service: { name, trigger } }) => [
    { service: 'feature', source: TOPICS.observations(trigger), group: `feature.vectors.${name}` },
    { service: 'serving', source: TOPICS.vectors(name), group: `serving.predictions.${deployment}` },
    {
      service: 'monitoring',
      source: TOPICS.predictions(deployment),
      group: `monitoring.profiles-${deployment}.${TOPICS.predictions(deployment)}`,
    },
  ]);
  const unique = new Map([...inboxes, ...roads, ...DECIDERS].map((work) => [work.group, work]));
  return [...unique.values()].filter(({ source }) => topics.includes(source));
};

/** The lag of each group that has ever committed. */
export const readLags = async (
  log: EventLog,
  namespace: string,
  topics: readonly string[],
  deployments: Deployments,
): Promise<Lag[]> => {
  const lags = await Promise.all(
    workOf(topics, deployments).map(async ({ service, source, group }): Promise<Lag[]> => {
      const topic = qualify(namespace, source);
      const [committed, ends] = await Promise.all([
        log.committed(qualify(namespace, group), topic),
        log.ends(topic),
      ]);
      if (committed.size === 0) return [];
      const behind = ends.map(({ partition, end }) => {
        const offset = committed.get(partition)?.offset;
        return offset === undefined ? 0 : Math.max(0, end - offset);
      });
      const records = behind.reduce((sum, each) => sum + each, 0);
      return [{ service, source: unqualify(namespace, topic), records }];
    }),
  );
  return lags.flat();
};
