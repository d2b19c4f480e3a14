import { ContractViolation, canonicalKey, jsonString } from '#kernel';
import type { FeatureEvent, FeatureValues } from '#features';
import type { PartitionState } from './partition-state';
import type { ServiceDefinition } from './services';

export const parseObservation = (value: Buffer | null): FeatureEvent => {
  let parsed: unknown;
  try {
    parsed = JSON.parse((value ?? '').toString());
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the observation is not JSON', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', 'the observation is not an object');
  return parsed as FeatureEvent;
};

/**
 * Folds one trigger event and renders its vector: canonical JSON text in the declared order, written by hand because it stands
 * on the hot path. Throws ContractViolation, with the state untouched, for an event that is not an observation of the stream.
 */
export const foldVector = (
  state: PartitionState,
  event: FeatureEvent,
  service: ServiceDefinition,
  position: string,
): { readonly text: string; readonly time: string } => {
  const { key, id, time: timeField } = service.revisions[0]!.compiled.trigger;
  const time = event[timeField];
  if (typeof time !== 'string')
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `the observation has no ${timeField}`);
  let values = '';
  for (const revision of service.revisions) {
    const folded = revision.engine.apply(state.of(revision), event);
    values += `${values === '' ? '' : ','}"${revision.revision}":${renderValues(folded)}`;
  }
  const entity = `{${jsonString(key)}:${jsonString(canonicalKey(event[key]) ?? '')}}`;
  const text = `{"event_id":${jsonString(canonicalKey(event[id]) ?? '')},"entity":${entity},"event_time":"${time}","trigger":"${position}","values":{${values}}}`;
  return { text, time };
};

const renderValues = (values: FeatureValues): string => {
  let text = '[';
  for (let i = 0; i < values.length; i++)
    text += `${i === 0 ? '' : ','}${values[i] === null ? 'null' : String(values[i])}`;
  return `${text}]`;
};
