import type { CompiledFeatureService } from '#contracts';

/** The events that the windows of a service take from one stream by one entity. */
export interface Reach {
  readonly stream: string;
  /** The field of that stream that names the entity. */
  readonly entity: string;
  /** The widest window, ms; Infinity where a feature looks at everything there was. */
  readonly widestMs: number;
  readonly features: readonly { readonly name: string; readonly windowMs: number }[];
}

/** One for each (stream, entity) of the views, in their order; value features look at the trigger alone and are left out. */
export const reachesOf = (services: readonly CompiledFeatureService[]): Reach[] => {
  const reaches = new Map<string, { stream: string; entity: string; features: Map<string, number> }>();
  for (const { views } of services) {
    for (const { stream, entity, features } of views) {
      const key = `${stream.name} ${entity}`;
      const reach = reaches.get(key) ?? { stream: stream.name, entity, features: new Map<string, number>() };
      for (const feature of features) {
        if (!('aggregate' in feature)) continue;
        const windowMs = feature.window ?? Infinity;
        reach.features.set(feature.name, Math.max(windowMs, reach.features.get(feature.name) ?? 0));
      }
      if (reach.features.size > 0) reaches.set(key, reach);
    }
  }
  return [...reaches.values()].map(({ stream, entity, features }) => ({
    stream,
    entity,
    widestMs: Math.max(...features.values()),
    features: [...features].map(([name, windowMs]) => ({ name, windowMs })),
  }));
};

/** Whether an event lies in (at - window, at]. */
export const isInside = (time: number, at: number, windowMs: number): boolean =>
  time <= at && time > at - windowMs;

/** Features of a reach in whose window an event lies. */
export const featuresWith = (reach: Reach, time: number, at: number): string[] =>
  reach.features.filter(({ windowMs }) => isInside(time, at, windowMs)).map(({ name }) => name);
