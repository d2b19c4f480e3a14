import { compileObservationReader } from '#contracts';
import { ContractViolation, canonicalKey, jsonString } from '#kernel';
import type { FeatureEvent, FeatureState } from '#features';
import type { PartitionState } from './partition-state';
import type { CarriedService, ServiceRevision } from './services';

export interface Vector {
  /** Canonical JSON in the declared order. */
  readonly text: string;
  /** Event time. */
  readonly time: string;
}

/**
 * Folds one trigger event, an observation's value, and renders its vector. Throws ContractViolation, with the state untouched, for
 * one that is not an observation of the stream.
 */
export type VectorFold = (state: PartitionState, value: Buffer | null, position: string) => Vector;

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
  return (state, value, position) => {
    const event = read(value);
    const time = event[timeField];
    if (typeof time !== 'string')
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `the observation has no ${timeField}`);
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
  const streams = revisions.flatMap(({ compiled }) => compiled.views.map(({ stream }) => stream)).reverse();
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
