import {
  HEADERS,
  PredictionMade,
  TOPICS,
  VectorComputed,
  controlPositionOf,
  decodeEvent,
  sourcePositionOf,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { formatPosition, parsePosition } from '#kernel';
import { definitionNode, deploymentNode, versionNode } from './decision-nodes';
import type { Decisions } from './decisions';
import type { LogView } from './log-view';
import type { LineageNode } from './node';
import { placeOf, revisionsOf, type Sources } from './records';
import { windowNodes } from './window-nodes';

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

const definitionNodes = (decisions: Decisions, service: string, record: LogRecord): LineageNode[] =>
  revisionsOf(record).map(({ revision, digest }) =>
    definitionNode(decisions, 'FeatureService', service, { revision, digest }),
  );

const gone = (kind: LineageNode['kind'], name: string, topic: string, position: string): LineageNode => ({
  kind,
  name,
  topic,
  position,
  missing: 'cut from the log',
});
