import { HEADERS, TOPICS, sourcePositionOf, type CompiledFeatureService } from '#contracts';
import type { LogRecord } from '#eventlog';
import type { Decisions } from './decisions';
import { compiledOf, idOf, sameKey, timeOf, type Sources } from './records';
import { isOwn, placeInInputs } from './window-nodes';
import { featuresWith, reachesOf } from './windows';

/** Feature services with a view of the stream, or triggered by it. */
export const servicesOver = ({ definitions }: Decisions, stream: string): string[] => [
  ...new Set(
    definitions
      .filter(({ fact }) => fact.kind === 'FeatureService')
      .filter(({ fact }) => {
        const { trigger, views } = fact.compiled as unknown as CompiledFeatureService;
        return trigger.stream === stream || views.some((view) => view.stream.name === stream);
      })
      .map(({ fact }) => fact.name),
  ),
];

interface Touched {
  readonly vector: LogRecord;
  readonly isTrigger: boolean;
  /** In whose windows the observation lay. */
  readonly features: readonly string[];
}

/** The vectors that the observation had a part in, in the order of their partitions. */
export const vectorsTouched = async (
  sources: Sources,
  service: string,
  stream: string,
  record: LogRecord,
): Promise<Touched[]> => {
  const touched = new Map<string, Touched>();
  const add = (one: Touched): void => {
    const id = idOf(one.vector);
    const before = touched.get(id);
    touched.set(id, {
      vector: one.vector,
      isTrigger: one.isTrigger || before?.isTrigger === true,
      features: [...(before?.features ?? []), ...one.features],
    });
  };
  for await (const one of byOwnKey(sources, service, stream, record)) add(one);
  for (const entity of stageEntities(sources.decisions, service, stream))
    for await (const one of byStage(sources, service, entity, stream, record)) add(one);
  return [...touched.values()].sort(
    (a, b) => a.vector.partition - b.vector.partition || a.vector.offset - b.vector.offset,
  );
};

/** Any later vector of the observation's own entity may have it in a window, so the whole partition is looked at. */
async function* byOwnKey(
  { view, decisions }: Sources,
  service: string,
  stream: string,
  record: LogRecord,
): AsyncGenerator<Touched> {
  if (!isTriggeredBy(decisions, service, stream)) return;
  for await (const vector of view.each(TOPICS.vectors(service), record.partition)) {
    const { offset } = sourcePositionOf(vector.headers)!;
    const isTrigger = offset === record.offset;
    if (offset < record.offset || (!isTrigger && !sameKey(vector, record))) continue;
    const revisions = compiledOf(decisions, service, vector);
    const features = reachesOf(revisions)
      .filter((reach) => isOwn(reach, revisions))
      .flatMap((reach) => featuresWith(reach, timeOf(record), timeOf(vector)));
    if (isTrigger || features.length > 0) yield { vector, isTrigger, features };
  }
}

/** Triggers of the same entity that a stage folded behind the observation. */
async function* byStage(
  { view, decisions }: Sources,
  service: string,
  entity: string,
  stream: string,
  record: LogRecord,
): AsyncGenerator<Touched> {
  const place = await placeInInputs(view, service, entity, stream, record);
  if (!place) return;
  // Read from the start: a copy of an earlier trigger behind it must not count as a later one.
  for await (const routed of view.each(place.topic, place.partition)) {
    if (routed.offset < place.offset || routed.key?.toString() !== place.key) continue;
    const position = sourcePositionOf(routed.headers)!;
    const from = (routed.headers.text(HEADERS.source) ?? '').slice(TOPICS.observations('').length);
    if (!isTriggeredBy(decisions, service, from)) continue;
    const vector = await view.madeFrom(TOPICS.vectors(service), position);
    if (!vector) continue;
    const features = reachesOf(compiledOf(decisions, service, vector))
      .filter((reach) => reach.stream === stream && reach.entity === entity)
      .flatMap((reach) => featuresWith(reach, timeOf(record), timeOf(vector)));
    if (features.length > 0) yield { vector, isTrigger: false, features };
  }
}

const compiledServices = ({ definitions }: Decisions, service: string): CompiledFeatureService[] =>
  definitions
    .filter(({ fact }) => fact.kind === 'FeatureService' && fact.name === service)
    .map(({ fact }) => fact.compiled as unknown as CompiledFeatureService);

const isTriggeredBy = (decisions: Decisions, service: string, stream: string): boolean =>
  compiledServices(decisions, service).some(({ trigger }) => trigger.stream === stream);

/** Entities by which a stage of any revision folds the stream. */
const stageEntities = (decisions: Decisions, service: string, stream: string): string[] => [
  ...new Set(
    compiledServices(decisions, service)
      .flatMap(({ stages }) => stages ?? [])
      .filter(({ streams }) => streams.includes(stream))
      .map(({ entity }) => entity),
  ),
];
