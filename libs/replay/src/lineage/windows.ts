import type { CompiledFeatureService } from '#contracts';
import { windowReachMs, windowTimes, type AggregateFeature } from '#features';

/** The events that the windows of a service take from one stream by one entity. */
export interface Reach {
  readonly stream: string;
  /** The field of that stream that names the entity. */
  readonly entity: string;
  /** The widest window, ms; Infinity where a feature looks at everything there was. */
  readonly widestMs: number;
  readonly features: readonly AggregateFeature[];
}

/** One for each (stream, entity) of the views, in their order; value features look at the trigger alone and are left out. */
export const reachesOf = (services: readonly CompiledFeatureService[]): Reach[] => {
  const reaches = new Map<
    string,
    { stream: string; entity: string; features: Map<string, AggregateFeature> }
  >();
  for (const { views } of services) {
    for (const { stream, entity, features } of views) {
      const key = `${stream.name} ${entity}`;
      const reach = reaches.get(key) ?? {
        stream: stream.name,
        entity,
        features: new Map<string, AggregateFeature>(),
      };
      for (const feature of features) {
        if (!('aggregate' in feature)) continue;
        const known = reach.features.get(feature.name);
        if (!known || windowReachMs(known) < windowReachMs(feature))
          reach.features.set(feature.name, feature);
      }
      if (reach.features.size > 0) reaches.set(key, reach);
    }
  }
  return [...reaches.values()].map(({ stream, entity, features }) => ({
    stream,
    entity,
    widestMs: Math.max(...[...features.values()].map(windowReachMs)),
    features: [...features.values()],
  }));
};

/** Whether an event lies in the window of a feature as of a time. */
export const isInside = (time: number, at: number, feature: AggregateFeature): boolean => {
  const { after, upTo } = windowTimes(feature, at);
  return time > after && time <= upTo;
};

/** Features of a reach in whose window an event lies. */
export const featuresWith = (reach: Reach, time: number, at: number): string[] =>
  reach.features.filter((feature) => isInside(time, at, feature)).map(({ name }) => name);
