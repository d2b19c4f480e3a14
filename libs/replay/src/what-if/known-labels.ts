import { TOPICS, qualify, type DeploymentFact } from '#contracts';
import type { EventLog } from '#eventlog';
import { LabelBook } from '#features';
import { readLabels } from '../datasets/read-labels';

/** Events whose labels are asked for, in order. */
export interface Labelable {
  readonly eventIds: readonly string[];
  /** Epoch ms. */
  readonly eventTimes: ArrayLike<number>;
}

export interface KnownLabels {
  /** By event, in their order; NaN where none is known. */
  readonly labels: Float64Array;
  /** Events too young for their label to be taken as known. */
  readonly immature: number;
  /** Mature events without a label. */
  readonly unlabelled: number;
}

/** The labels that have come since: the latest assertion by position wins, an event must be as old as its label needs to mature. */
export const knownLabels = async (
  log: EventLog,
  namespace: string,
  label: DeploymentFact['label'],
  { eventIds, eventTimes }: Labelable,
): Promise<KnownLabels> => {
  const name = TOPICS.observations(label.stream);
  const topic = { name, full: qualify(namespace, name) };
  const isThere = (await log.partitionCount(topic.full)) !== undefined;
  const { book, newest } = isThere
    ? await readLabels(log, topic, label, { by: 'ends' })
    : { book: new LabelBook(), newest: -Infinity };
  let observed = newest;
  for (let row = 0; row < eventIds.length; row++) observed = Math.max(observed, eventTimes[row]!);
  const matureUntil = observed - label.maturity_ms;
  const labels = new Float64Array(eventIds.length).fill(Number.NaN);
  let [immature, unlabelled] = [0, 0];
  for (const [row, eventId] of eventIds.entries()) {
    if (eventTimes[row]! > matureUntil) {
      immature++;
      continue;
    }
    const value = book.of(eventId)?.value ?? null;
    if (value === null) unlabelled++;
    else labels[row] = value;
  }
  return { labels, immature, unlabelled };
};
