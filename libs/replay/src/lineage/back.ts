import {
  HEADERS,
  PredictionMade,
  TOPICS,
  VectorComputed,
  controlPositionOf,
  decodeEvent,
  sourcePositionOf,
  type CompiledFeatureService,
  type CompiledStream,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { canonicalKey, formatPosition, parsePosition, timestampMs } from '#kernel';
import { definitionNode, deploymentNode, versionNode } from './decision-nodes';
import { definitionOf, type Decisions } from './decisions';
import type { LogView } from './log-view';
import type { LineageNode } from './node';
import { featuresWith, reachesOf, type Reach } from './windows';

/** What a trace reads from. */
export interface Sources {
  readonly view: LogView;
  readonly decisions: Decisions;
}

export const placeOf = (
  topic: string,
  { partition, offset }: LogRecord,
): { topic: string; position: string } => ({
  topic,
  position: formatPosition(partition, offset),
});

/** Event time, epoch ms. */
export const timeOf = ({ headers }: LogRecord): number => timestampMs(headers.text(HEADERS.time));

/** A prediction: back to its vector, the model version that made it, and the deployment that held. */
export const predictionBack = async (
  sources: Sources,
  deployment: string,
  record: LogRecord,
): Promise<LineageNode> => {
  const { view, decisions } = sources;
  const { event_id, event_time, model, version, route, output, decision } = decodeEvent(
    PredictionMade,
    record.value,
  );
  const vectors = record.headers.text(HEADERS.source) ?? '';
  const service = vectors.slice(TOPICS.vectors('').length);
  const id = sourcePositionOf(record.headers)!;
  const vector = await view.at(vectors, id);
  return {
    kind: 'prediction',
    name: event_id,
    ...placeOf(TOPICS.predictions(deployment), record),
    details: { event_time, model: `${model}@${version}`, route, output, decision },
    from: [
      vector
        ? await vectorBack(sources, service, vector)
        : gone('vector', event_id, vectors, formatPosition(id.partition, id.offset)),
      versionNode(decisions, model, version),
      deploymentNode(decisions, deployment, controlPositionOf(record.headers) ?? -1),
    ],
  };
};

/** A vector: back to its trigger, the observations in its windows, and the definitions whose values it carries. */
export const vectorBack = async (
  sources: Sources,
  service: string,
  record: LogRecord,
): Promise<LineageNode> => {
  const { view, decisions } = sources;
  const { event_id, event_time, entity, trigger, values } = decodeEvent(VectorComputed, record.value);
  const observations = record.headers.text(HEADERS.source) ?? '';
  const at = parsePosition(trigger);
  const observation = await view.at(observations, at);
  const definitions = definitionNodes(decisions, service, record);
  return {
    kind: 'vector',
    name: event_id,
    ...placeOf(TOPICS.vectors(service), record),
    details: { event_time, entity, values },
    from: [
      ...(observation
        ? [
            await observationBack(view, observations, observation, event_id),
            ...(await windowNodes(sources, service, record, observation)),
          ]
        : [gone('observation', event_id, observations, trigger)]),
      ...definitions,
    ],
  };
};

/** An observation: back to the record of the inbox, and to where that was found first. */
export const observationBack = async (
  view: LogView,
  topic: string,
  record: LogRecord,
  name: string,
): Promise<LineageNode> => ({
  kind: 'observation',
  name,
  ...placeOf(topic, record),
  details: { event_time: record.headers.text(HEADERS.time) },
  from: await inboxBack(view, record),
});

const inboxBack = async (view: LogView, { headers }: LogRecord): Promise<LineageNode[]> => {
  const topic = headers.text(HEADERS.source) ?? '';
  const position = sourcePositionOf(headers);
  if (!position || !(await view.exists(topic))) return [];
  const record = await view.at(topic, position).catch(() => undefined);
  const id = formatPosition(position.partition, position.offset);
  if (!record) return [gone('inbox record', id, topic, id)];
  const movedFrom = record.headers.text(HEADERS.movedFrom);
  const redrivenFrom = record.headers.text(HEADERS.redrivenFrom);
  return [
    {
      kind: 'inbox record',
      name: id,
      topic,
      position: id,
      details: {
        appended: new Date(record.timestamp).toISOString(),
        ...(movedFrom === undefined ? {} : { moved_from: movedFrom }),
        ...(redrivenFrom === undefined ? {} : { redriven_from: redrivenFrom }),
      },
    },
  ];
};

/** The service revisions whose values a vector carries, by its `ph_definition`. */
export const revisionsOf = (record: LogRecord): { revision: string; digest: string }[] =>
  (record.headers.text(HEADERS.definition) ?? '')
    .split(',')
    .filter((part) => part.includes('='))
    .map((part) => ({
      revision: part.slice(0, part.indexOf('=')),
      digest: part.slice(part.indexOf('=') + 1),
    }));

const definitionNodes = (decisions: Decisions, service: string, record: LogRecord): LineageNode[] =>
  revisionsOf(record).map(({ revision, digest }) =>
    definitionNode(decisions, 'FeatureService', service, { revision, digest }),
  );

/** The compiled definitions under which a vector was made. */
export const compiledOf = (
  decisions: Decisions,
  service: string,
  record: LogRecord,
): CompiledFeatureService[] =>
  revisionsOf(record).flatMap((which) => {
    const found = definitionOf(decisions, 'FeatureService', service, which);
    return found ? [found.fact.compiled as unknown as CompiledFeatureService] : [];
  });

/** The event id of an observation, as its stream's definition names the field. */
export const eventIdOf = (decisions: Decisions, stream: string, record: LogRecord): string => {
  const field = idFieldOf(decisions, stream);
  const value = (JSON.parse(String(record.value)) as Record<string, unknown>)[field];
  return canonicalKey(value) ?? formatPosition(record.partition, record.offset);
};

export const idFieldOf = (decisions: Decisions, stream: string): string =>
  (definitionOf(decisions, 'Stream', stream)?.fact.compiled as CompiledStream | undefined)?.id ?? 'id';

/**
 * For each entity that the views look at: its observations at or below the trigger that lie in a window. What counted is found by
 * reading the partition up to the trigger, as the fold did, so a late event is there exactly where it was known.
 */
const windowNodes = async (
  { view, decisions }: Sources,
  service: string,
  vector: LogRecord,
  trigger: LogRecord,
): Promise<LineageNode[]> => {
  const compiled = compiledOf(decisions, service, vector);
  const nodes: LineageNode[] = [];
  for (const reach of reachesOf(compiled)) {
    const { stream, key } = compiled[0]!.trigger;
    if (reach.stream === stream && reach.entity === key)
      nodes.push(await windowNode(view, decisions, reach, trigger));
  }
  return nodes;
};

const windowNode = async (
  view: LogView,
  decisions: Decisions,
  reach: Reach,
  trigger: LogRecord,
): Promise<LineageNode> => {
  const topic = TOPICS.observations(reach.stream);
  const at = timeOf(trigger);
  const from: LineageNode[] = [];
  const counts = new Map(reach.features.map(({ name }) => [name, 0]));
  for await (const record of view.each(topic, trigger.partition, 0, trigger.offset + 1)) {
    if (!sameKey(record, trigger)) continue;
    const features = featuresWith(reach, timeOf(record), at);
    if (features.length === 0) continue;
    for (const name of features) counts.set(name, counts.get(name)! + 1);
    from.push({
      kind: 'observation',
      name: eventIdOf(decisions, reach.stream, record),
      ...placeOf(topic, record),
      details: { event_time: record.headers.text(HEADERS.time), features },
    });
  }
  return {
    kind: 'window',
    name: `${reach.entity} ${trigger.key?.toString() ?? 'null'}`,
    topic,
    details: {
      widest_ms: reach.widestMs === Infinity ? null : reach.widestMs,
      observations: from.length,
      by_feature: Object.fromEntries(counts),
    },
    from,
  };
};

export const sameKey = ({ key }: LogRecord, other: LogRecord): boolean =>
  key !== null && other.key !== null && key.equals(other.key);

const gone = (kind: LineageNode['kind'], name: string, topic: string, position: string): LineageNode => ({
  kind,
  name,
  topic,
  position,
  missing: 'cut from the log',
});
