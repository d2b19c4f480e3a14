import { digestOf, isPlatformError, Refused, valueNames, type CanonicalValue, type Digest } from '#kernel';
import { ENGINE_VERSION, isAggregate, type ViewDefinition } from './definition';
import type { Plan } from './plan';
import { PlanBuilder } from './plan-builder';

export interface EngineOptions {
  /**
   * `readAt` is going to be called: the values of value features are kept with each event, and events for as long as a read may be
   * behind the newest event of the stream, in ms, beyond its lateness.
   */
  readonly readAt?: { readonly behindMs: number };
}

/** The digest that a vector names: of the views, in order, and the engine's version (law L6). */
export const definitionDigest = (views: readonly ViewDefinition[]): Digest =>
  digestOf({ engine: ENGINE_VERSION, views: views as unknown as CanonicalValue });

/**
 * Takes the views of a service apart. They must fold the same stream by the same entity. Throws `Refused`
 * PLAYHEAD_DEFINITION_INVALID with all faults in `details.faults`.
 */
export const compilePlan = (views: readonly ViewDefinition[], { readAt }: EngineOptions = {}): Plan => {
  const faults: string[] = [];
  const [first] = views;
  if (!first) throw invalid(['a feature service needs a view']);
  const { stream, entity, ttl } = first;
  for (const view of views) {
    if (view.stream.name !== stream.name)
      faults.push(`view ${view.name}: reads ${view.stream.name}, the service reads ${stream.name}`);
    if (view.entity !== entity)
      faults.push(`view ${view.name}: its entity is ${view.entity}, that of the service is ${entity}`);
    if (view.ttl !== ttl)
      faults.push(`view ${view.name}: its ttl is not that of view ${first.name}; one entity has one`);
    if (view.ttl !== undefined && !(Number.isSafeInteger(view.ttl) && view.ttl > 0))
      faults.push(`view ${view.name}: a ttl of ${view.ttl} ms is not possible`);
  }
  const types = Object.fromEntries(stream.fields.map((field) => [field.name, field.type]));
  if (types[stream.time] !== 'timestamp')
    faults.push(`stream ${stream.name}: its time field ${stream.time} is no timestamp`);
  if (types[entity] === undefined || types[entity] === 'timestamp')
    faults.push(`view ${first.name}: ${entity} is no field that can be a key`);

  const names: string[] = [];
  const builder = new PlanBuilder(stream, types, readAt);
  for (const view of views) {
    for (const feature of view.features) {
      const place = `view ${view.name}, feature ${feature.name}`;
      const own = isAggregate(feature) ? valueNames(feature) : [feature.name];
      for (const name of own) if (names.includes(name)) faults.push(`${place}: the name is taken`);
      names.push(...own);
      try {
        builder.add(feature);
      } catch (error) {
        if (!isPlatformError(error) || error.disposition !== 'refuse') throw error;
        faults.push(`${place}: ${error.message}`);
      }
    }
  }
  if (faults.length > 0) throw invalid(faults);
  const digest = definitionDigest(views);
  return {
    digest,
    stateDigest: readAt ? digestOf({ digest, readAt: readAt.behindMs }) : digest,
    canReadAt: readAt !== undefined,
    names,
    stream,
    entity,
    ttl: ttl ?? Infinity,
    ...builder.build(),
  };
};

const invalid = (faults: readonly string[]): Refused =>
  new Refused('PLAYHEAD_DEFINITION_INVALID', faults.join('; '), { details: { faults } });
