import { DefinitionApplied, TOPICS, decodeEvent, parseVector, qualify, readEnvelope } from '#contracts';
import { readTopic, type EventLog } from '#eventlog';
import { evolveServices, type ServiceDefinition } from '#folds';
import { PlatformError, Refused, timestampMs } from '#kernel';
import { refoldVectors } from '../refold/refold-vectors';
import type { TriggerRange } from './read-vectors';
import { VectorTable } from './vector-table';

export interface RefoldSource {
  readonly log: EventLog;
  readonly namespace: string;
}

interface ServiceWanted {
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  readonly features: readonly string[];
}

/** One revision of a feature service, as `registry.definitions` tells it. */
export const readServiceRevision = async (
  { log, namespace }: RefoldSource,
  { name, revision, digest }: Omit<ServiceWanted, 'features'>,
): Promise<ServiceDefinition> => {
  for (const { headers, value } of await readTopic(log, qualify(namespace, TOPICS.definitions))) {
    if (readEnvelope(headers).type !== DefinitionApplied.type) continue;
    const fact = decodeEvent(DefinitionApplied, value);
    if (fact.kind !== 'FeatureService' || fact.name !== name || fact.revision !== revision) continue;
    if (fact.digest !== digest) break;
    return evolveServices(new Map(), fact).get(name)!;
  }
  throw new Refused(
    'PLAYHEAD_NOT_FOUND',
    `revision ${revision} of feature service ${name} with the digest ${digest} does not stand on ${TOPICS.definitions}`,
  );
};

/** The values that vectors of these triggers have under a revision, folded from the observations. */
export const refoldTable = async (
  source: RefoldSource,
  service: ServiceWanted,
  triggers: readonly TriggerRange[],
): Promise<VectorTable> => {
  const definition = await readServiceRevision(source, service);
  const table = new VectorTable(service.features.length);
  const made = new Map<number, number>();
  await refoldVectors({
    ...source,
    service: definition,
    ranges: triggers,
    onVector: ({ partition, offset, key, eventTime, text }) => {
      const { event_id: eventId, values } = parseVector(Buffer.from(text));
      const entity = key?.toString() ?? '';
      made.set(partition, (made.get(partition) ?? 0) + 1);
      const own = values[service.revision];
      if (!own)
        throw new PlatformError(
          'PLAYHEAD_LOG_HOLE',
          'refuse',
          `the inputs of a stage of ${service.name} do not have trigger ${partition}-${offset}: revision ${service.revision} cannot be folded that far back`,
        );
      table.add({
        partition,
        offset,
        entity,
        eventId,
        eventTime: timestampMs(eventTime),
        values: own,
      });
    },
  });
  for (const { topic, partition, vectors } of triggers) {
    const count = made.get(partition) ?? 0;
    if (count !== vectors)
      throw new PlatformError(
        'PLAYHEAD_LOG_REWRITTEN',
        'halt',
        `the observations of ${topic}:${partition} give ${count} vectors, there were ${vectors} when the data set was built`,
      );
  }
  return table;
};
