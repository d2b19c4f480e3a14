import { murmur2 } from '#kernel';
import { parseObject } from './prediction';

const ENTITY = Buffer.from(',"entity":');
const MODEL = Buffer.from(',"model":');

/**
 * What two predictions have in common that speak of the same thing: 32 bits of their entity and event time. Ingestion refuses an id that it
 * has seen; a source that sends an event again under another id is told by this.
 */
export const identityOf = (prediction: Buffer | null): number => {
  const from = prediction?.indexOf(ENTITY) ?? -1;
  const to = prediction?.indexOf(MODEL, from) ?? -1;
  if (prediction && from >= 0 && to > from) return murmur2(prediction.subarray(from, to)) >>> 0;
  const { entity, event_time } = parseObject(prediction, 'prediction') as Record<string, unknown>;
  const text = `,"entity":${JSON.stringify(entity)},"event_time":${JSON.stringify(event_time)}`;
  return murmur2(Buffer.from(text)) >>> 0;
};
