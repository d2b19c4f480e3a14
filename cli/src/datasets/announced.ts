import { DatasetBuilt, TOPICS, decodeEvent, qualify, readEnvelope, type EventOf } from '#contracts';
import { readTopic, type EventLog } from '#eventlog';
import { Refused } from '#kernel';

/** A data set as `feature.datasets` announces it; its id is the run that it was built for. */
export interface AnnouncedDataset extends EventOf<typeof DatasetBuilt> {
  /** When it was announced: ISO 8601, ms, UTC. */
  readonly at: string;
}

/** Oldest first. */
export const announcedDatasets = async (log: EventLog, namespace: string): Promise<AnnouncedDataset[]> => {
  const topic = qualify(namespace, TOPICS.datasets);
  if ((await log.partitionCount(topic)) === undefined) return [];
  return (await readTopic(log, topic))
    .filter(({ headers }) => readEnvelope(headers).type === DatasetBuilt.type)
    .map(({ value, timestamp }) => ({
      ...decodeEvent(DatasetBuilt, value),
      at: new Date(timestamp).toISOString(),
    }));
};

const MANY = 8;

/** By run, or by the first digits (8 at least) of its digest or its manifest's; of several with equal rows the newest. */
export const findDataset = (datasets: readonly AnnouncedDataset[], id: string): AnnouncedDataset => {
  const isDigits = /^[0-9a-f]+$/.test(id) && id.length >= MANY;
  const found = datasets.findLast(
    ({ run, digest, manifest }) =>
      run === id || (isDigits && (digest.startsWith(id) || manifest.startsWith(id))),
  );
  if (!found)
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `there is no data set ${id}; \`./playhead datasets list\` names them by run and digest (${MANY} digits of it do)`,
    );
  return found;
};
