import { compileObservationReader } from '#contracts';
import { ContractViolation, canonicalKey, jsonString } from '#kernel';
import type { FeatureEvent, FeatureState, FeatureValues } from '#features';
import type { PartitionState } from './partition-state';
import type { PartsOfTrigger } from '../stages/gathered-parts';
import type { CarriedService, ServiceRevision } from './services';

export interface Vector {
  /** Canonical JSON in the declared order. */
  readonly text: string;
  /** Event time. */
  readonly time: string;
  /** The revisions whose values it carries, where those are not all. */
  readonly carried?: readonly ServiceRevision[];
}

/**
 * Folds one trigger event, an observation's value, and renders its vector. A revision with stages is carried where each of them has
 * answered with its values. Throws ContractViolation, with the state untouched, for a value that is not an observation of the stream,
 * and for a trigger that a stage has set aside.
 */
export type VectorFold = (
  state: PartitionState,
  value: Buffer | null,
  position: string,
  parts?: PartsOfTrigger,
) => Vector;

/** The fold of a service. It stands on the hot path: what does not change from record to record is made here. */
export const compileVectorFold = (service: CarriedService): VectorFold => {
  const { key, id, time: timeField } = service.revisions[0]!.compiled.trigger;
  const read = compileEventReader(fieldsRead(service));
  const entity = `,"entity":{${jsonString(key)}:`;
  const revisions = service.revisions.map((revision, i) => ({
    revision,
    prefix: `${i === 0 ? '' : ','}"${revision.revision}":`,
    // A definition that came back to what it was shares the state of its earlier revision, which takes an event in once.
    twin: service.revisions.findIndex(({ digest }) => digest === revision.digest),
  }));
  const texts = new Array<string>(revisions.length);
  const stages = stagesOf(service);
  const render = stages.length > 0 ? compileStagedValues(service) : undefined;
  return (state, value, position, parts) => {
    const event = read(value);
    const time = event[timeField];
    if (typeof time !== 'string')
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `the observation has no ${timeField}`);
    if (render) {
      refuseFailed(parts, stages);
      const { values, carried } = render(state, event, parts);
      const all = carried.length === service.revisions.length;
      const text = `{"event_id":${jsonText(event[id])}${entity}${jsonText(event[key])}},"event_time":"${time}","trigger":"${position}","values":{${values}}}`;
      return all ? { text, time } : { text, time, carried };
    }
    let values = '';
    // The engine's numbers are finite and never -0, so their JSON is canonical; native code prints them in half the time of String.
    for (let i = 0; i < revisions.length; i++) {
      const { revision, prefix, twin } = revisions[i]!;
      texts[i] = twin < i ? texts[twin]! : JSON.stringify(revision.engine.apply(state.of(revision), event));
      values += prefix + texts[i]!;
    }
    const text = `{"event_id":${jsonText(event[id])}${entity}${jsonText(event[key])}},"event_time":"${time}","trigger":"${position}","values":{${values}}}`;
    return { text, time };
  };
};

/** The stages of any revision that vectors carry, by their entity. */
export const stagesOf = ({ revisions }: CarriedService): readonly string[] => [
  ...new Set(revisions.flatMap(({ stages }) => stages.map(({ entity }) => entity))),
];

const refuseFailed = (parts: PartsOfTrigger | undefined, stages: readonly string[]): void => {
  for (const stage of stages) {
    const failure = parts?.get(stage)?.failure;
    if (failure)
      throw new ContractViolation(
        'PLAYHEAD_FEATURES_PART_FAILED',
        `stage ${stage} set the trigger aside: ${failure.code}: ${failure.reason}`,
      );
  }
};

/** The values of a service with stages: its own and those of the parts, in the order of the definition. */
const compileStagedValues = ({ revisions }: CarriedService) => {
  const twins = revisions.map(({ digest }) => revisions.findIndex((known) => known.digest === digest));
  const own = new Array<FeatureValues>(revisions.length);
  return (
    state: PartitionState,
    event: FeatureEvent,
    parts: PartsOfTrigger | undefined,
  ): { values: string; carried: readonly ServiceRevision[] } => {
    let values = '';
    const carried: ServiceRevision[] = [];
    for (let i = 0; i < revisions.length; i++) {
      const revision = revisions[i]!;
      const twin = twins[i]!;
      own[i] = twin < i ? own[twin]! : revision.engine.apply(state.of(revision), event);
      const all = gathered(revision, own[i]!, parts);
      if (!all) continue;
      values += `${values === '' ? '' : ','}"${revision.revision}":${JSON.stringify(all)}`;
      carried.push(revision);
    }
    return { values, carried };
  };
};

/** undefined where a stage has not answered for this revision. */
const gathered = (
  { revision, stages, layout }: ServiceRevision,
  own: FeatureValues,
  parts: PartsOfTrigger | undefined,
): FeatureValues | undefined => {
  const sources: FeatureValues[] = [];
  for (const { entity, width } of stages) {
    const values = parts?.get(entity)?.values?.[revision];
    if (values?.length !== width) return undefined;
    sources.push(values);
  }
  const all: (number | null)[] = [];
  for (const { stage, from, to } of layout) {
    const source = stage < 0 ? own : sources[stage]!;
    for (let i = from; i < to; i++) all.push(source[i]!);
  }
  return all;
};

/** Folds one trigger event into the state of one revision, without a vector; throws as `VectorFold` does. */
export const compileRevisionFold = (
  revision: ServiceRevision,
): ((state: FeatureState, value: Buffer | null) => void) => {
  const read = compileEventReader(fieldsRead({ revisions: [revision] }));
  return (state, value) => void revision.engine.apply(state, read(value));
};

/** All that any revision reads, in the stream's order as the newest one knows it. */
const fieldsRead = ({ revisions }: Pick<CarriedService, 'revisions'>): string[] => {
  const { key, id, time } = revisions[0]!.compiled.trigger;
  const streams = revisions
    .flatMap(({ compiled: { views, trigger } }) =>
      views.filter(({ stream, entity }) => stream.name === trigger.stream && entity === trigger.key),
    )
    .map(({ stream }) => stream)
    .reverse();
  return [...new Set([...streams.flatMap(({ fields }) => fields.map(({ name }) => name)), key, id, time])];
};

const compileEventReader = (fields: readonly string[]): ((value: Buffer | null) => FeatureEvent) => {
  const read = compileObservationReader(fields);
  return (value) => {
    let event: unknown;
    try {
      event = read(value ?? NOTHING);
    } catch (cause) {
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the observation is not JSON', { cause });
    }
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the observation is not an object');
    return event as FeatureEvent;
  };
};

const NOTHING = Buffer.alloc(0);

const jsonText = (key: unknown): string => jsonString(canonicalKey(key) ?? '');
