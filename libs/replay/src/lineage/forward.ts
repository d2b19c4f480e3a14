import { PredictionMade, TOPICS, VectorComputed, decodeEvent, sourcePositionOf } from '#contracts';
import type { LogRecord } from '#eventlog';
import { comparePositions, formatPosition } from '#kernel';
import { observationBack, vectorBack } from './back';
import { datasetFactNode, deploymentFactNode, versionFactNode } from './decision-nodes';
import type { Decisions } from './decisions';
import type { LogView } from './log-view';
import type { LineageNode } from './node';
import { eventIdOf, idOf, placeOf, type Sources } from './records';
import { servicesOver, vectorsTouched } from './touched-vectors';

/** A vector with both sides: where it came from, and the predictions, data sets and versions that came of it. */
export const vectorBothWays = async (
  sources: Sources,
  service: string,
  record: LogRecord,
): Promise<LineageNode> => {
  const predictions = await predictionsOf(sources, service, [record]);
  return {
    ...(await vectorBack(sources, service, record)),
    to: [
      ...(predictions.get(idOf(record)) ?? []),
      ...datasetsWith(sources.decisions, TOPICS.vectors(service), [record]),
    ],
  };
};

/** An observation with both sides: its inbox record, and all vectors that it triggered or lay in the windows of, and what came of those. */
export const observationBothWays = async (
  sources: Sources,
  stream: string,
  record: LogRecord,
): Promise<LineageNode> => {
  const { view, decisions } = sources;
  const topic = TOPICS.observations(stream);
  const to: LineageNode[] = [];
  for (const service of servicesOver(decisions, stream)) {
    const touched = await vectorsTouched(sources, service, stream, record);
    const predictions = await predictionsOf(
      sources,
      service,
      touched.map(({ vector }) => vector),
    );
    for (const { vector, features, isTrigger } of touched) {
      const { event_id, event_time } = decodeEvent(VectorComputed, vector.value);
      to.push({
        kind: 'vector',
        name: event_id,
        ...placeOf(TOPICS.vectors(service), vector),
        details: { event_time, role: isTrigger ? 'trigger' : 'in its windows', features },
        to: predictions.get(idOf(vector)) ?? [],
      });
    }
    to.push(
      ...datasetsWith(
        decisions,
        TOPICS.vectors(service),
        touched.map(({ vector }) => vector),
      ),
    );
  }
  to.push(...datasetsWith(decisions, topic, [record]));
  return { ...(await observationBack(view, topic, record, eventIdOf(decisions, stream, record))), to };
};

/** Predictions of all deployments that read the service, by the position of the vector. */
const predictionsOf = async (
  { view, decisions }: Sources,
  service: string,
  vectors: readonly LogRecord[],
): Promise<Map<string, LineageNode[]>> => {
  const found = new Map<string, LineageNode[]>();
  const names = decisions.deployments
    .filter(({ fact }) => fact.service.name === service)
    .map(({ fact }) => fact.deployment);
  const take = (topic: string, record: LogRecord): void => {
    const { partition, offset } = sourcePositionOf(record.headers)!;
    const vector = formatPosition(partition, offset);
    found.set(vector, [...(found.get(vector) ?? []), predictionNode(topic, record)]);
  };
  for (const deployment of new Set(names)) {
    const topic = TOPICS.predictions(deployment);
    for (const partition of new Set(vectors.map((vector) => vector.partition))) {
      const wanted = vectors.filter((vector) => vector.partition === partition);
      for await (const record of predictionsFor(view, topic, wanted)) take(topic, record);
    }
  }
  return found;
};

/** The predictions of vectors of one partition: a search for one, one reading for many. */
async function* predictionsFor(
  view: LogView,
  topic: string,
  vectors: readonly LogRecord[],
): AsyncGenerator<LogRecord> {
  const [first] = vectors;
  if (first && vectors.length === 1) {
    const record = await view.madeFrom(topic, { partition: first.partition, offset: first.offset, k: 0 });
    if (record) yield record;
    return;
  }
  const wanted = new Set(vectors.map(({ offset }) => offset));
  const last = Math.max(...wanted);
  for await (const record of view.each(topic, first!.partition)) {
    const id = sourcePositionOf(record.headers);
    // Outputs are gap-free: where one of a later vector stands, those of all before it do.
    if (!id || comparePositions(id, { offset: last, k: Infinity }) > 0) return;
    if (wanted.has(id.offset)) yield record;
  }
}

const predictionNode = (topic: string, record: LogRecord): LineageNode => {
  const { event_id, model, version, output, decision } = decodeEvent(PredictionMade, record.value);
  return {
    kind: 'prediction',
    name: event_id,
    ...placeOf(topic, record),
    details: { model: `${model}@${version}`, output, decision },
  };
};

/** Data sets whose cut covers any of the records, with the versions that were trained on them and where those ran. */
const datasetsWith = (decisions: Decisions, topic: string, records: readonly LogRecord[]): LineageNode[] =>
  decisions.datasets.flatMap((dataset) => {
    const covered = records.filter(({ partition, offset }) =>
      dataset.fact.cut.some(
        (range) =>
          range.topic === topic && range.partition === partition && range.from <= offset && offset < range.to,
      ),
    );
    if (covered.length === 0) return [];
    const node = datasetFactNode(dataset);
    return [
      {
        ...node,
        details: { manifest: dataset.fact.manifest, covers: covered.length, of: topic },
        to: runOf(decisions, dataset.fact.run),
      },
    ];
  });

const runOf = (decisions: Decisions, run: string): LineageNode[] =>
  decisions.runs
    .filter(({ fact }) => fact.run === run)
    .map(({ topic, position, fact }) => ({
      kind: 'training run',
      name: fact.run,
      topic,
      position,
      details: { trainer: fact.trainer, seed: fact.seed },
      to: versionsOf(decisions, run),
    }));

const versionsOf = (decisions: Decisions, run: string): LineageNode[] =>
  decisions.versions
    .filter(({ fact }) => fact.run === run)
    .map((version) => ({
      ...versionFactNode(version),
      to: decisions.deployments
        .filter(({ fact }) => fact.model === version.fact.model)
        .filter(({ fact }) => fact.routes.some((route) => route.version === version.fact.version))
        .map(deploymentFactNode),
    }));
