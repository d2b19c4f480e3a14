import { HEADERS, TOPICS, sourcePositionOf } from '#contracts';
import type { LogRecord } from '#eventlog';
import { canonicalKey, formatPosition, partitionOf } from '#kernel';
import type { Decisions } from './decisions';
import type { LogView } from './log-view';
import type { LineageNode } from './node';
import { compiledOf, eventIdOf, sameKey, timeOf, type Sources } from './records';
import { featuresWith, reachesOf, widestMs, type Reach, type Revision } from './windows';

/**
 * For each entity that the views look at: its observations at or below the trigger that lie in a window. What counted is found by
 * reading what the fold read, in its order and up to the trigger, so a late event is there exactly where it was known.
 */
export const windowNodes = async (
  sources: Sources,
  service: string,
  vector: LogRecord,
  trigger: LogRecord,
): Promise<LineageNode[]> => {
  const revisions = compiledOf(sources.decisions, service, vector);
  const nodes: LineageNode[] = [];
  for (const reach of reachesOf(revisions)) {
    const folded = isOwn(reach, revisions)
      ? ownFold(sources.view, reach, trigger)
      : await stageFold(sources.view, service, reach, revisions[0]!.compiled.trigger.stream, trigger);
    if (folded) nodes.push(await windowNode(sources.decisions, reach, timeOf(trigger), folded));
  }
  return nodes;
};

/** Whether the views of a reach fold the trigger's own stream by its own key. */
export const isOwn = (reach: Reach, [first]: readonly Revision[]): boolean =>
  reach.stream === first?.compiled.trigger.stream && reach.entity === first.compiled.trigger.key;

/** What a fold read of one entity, up to the trigger: the places of observations. */
interface Folded {
  /** In its canonical form. */
  readonly key: string;
  /** The topic whose order counts. */
  readonly topic: string;
  readonly observations: AsyncIterable<FoldedObservation>;
}

interface FoldedObservation {
  readonly partition: number;
  readonly offset: number;
  readonly record: LogRecord;
}

const ownFold = (view: LogView, { stream }: Reach, trigger: LogRecord): Folded => {
  const topic = TOPICS.observations(stream);
  const read = async function* (): AsyncGenerator<FoldedObservation> {
    for await (const record of view.each(topic, trigger.partition, 0, trigger.offset + 1))
      if (sameKey(record, trigger)) yield { partition: record.partition, offset: record.offset, record };
  };
  return { key: trigger.key?.toString() ?? 'null', topic, observations: read() };
};

/** Undefined where the trigger names no entity: then the stage counted nothing. */
const stageFold = async (
  view: LogView,
  service: string,
  reach: Reach,
  triggerStream: string,
  trigger: LogRecord,
): Promise<Folded | undefined> => {
  const place = await placeInInputs(view, service, reach.entity, triggerStream, trigger);
  if (!place) return undefined;
  const source = TOPICS.observations(reach.stream);
  const read = async function* (): AsyncGenerator<FoldedObservation> {
    for await (const record of view.each(place.topic, place.partition, 0, place.offset + 1)) {
      const position = sourcePositionOf(record.headers);
      if (!position || record.headers.text(HEADERS.source) !== source) continue;
      if (record.key?.toString() === place.key)
        yield { partition: position.partition, offset: position.offset, record };
    }
  };
  return { key: place.key, topic: place.topic, observations: read() };
};

/** Where an observation stands among what a stage folds: its entity's partition of `feature.inputs`. */
export const placeInInputs = async (
  view: LogView,
  service: string,
  entity: string,
  stream: string,
  observation: LogRecord,
): Promise<{ topic: string; partition: number; offset: number; key: string } | undefined> => {
  const topic = TOPICS.featureInputs(service, entity);
  const key = canonicalKey((JSON.parse(String(observation.value)) as Record<string, unknown>)[entity]);
  const partitions = await view.partitions(topic);
  if (key === null || partitions === undefined) return undefined;
  const partition = partitionOf(Buffer.from(key), partitions);
  const source = TOPICS.observations(stream);
  const id = formatPosition(observation.partition, observation.offset);
  for await (const { headers, offset } of view.each(topic, partition))
    if (headers.text(HEADERS.id) === id && headers.text(HEADERS.source) === source)
      return { topic, partition, offset, key };
  return undefined;
};

const windowNode = async (
  decisions: Decisions,
  reach: Reach,
  at: number,
  { key, topic, observations }: Folded,
): Promise<LineageNode> => {
  const from: LineageNode[] = [];
  const counts = new Map(reach.features.map(({ name }) => [name, 0]));
  for await (const { partition, offset, record } of observations) {
    const features = featuresWith(reach, timeOf(record), at);
    if (features.length === 0) continue;
    for (const name of features) counts.set(name, counts.get(name)! + 1);
    from.push({
      kind: 'observation',
      name: eventIdOf(decisions, reach.stream, record),
      topic: TOPICS.observations(reach.stream),
      position: formatPosition(partition, offset),
      details: { event_time: record.headers.text(HEADERS.time), features },
    });
  }
  const widest = widestMs(reach);
  return {
    kind: 'window',
    name: `${reach.entity} ${key} in ${reach.stream}`,
    topic,
    details: {
      widest_ms: widest === Infinity ? null : widest,
      observations: from.length,
      by_feature: Object.fromEntries(counts),
    },
    from,
  };
};
