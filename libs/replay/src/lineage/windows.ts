import type { CompiledAggregate, CompiledFeatureService } from '#contracts';
import { windowReachMs, windowTimes } from '#features';

/** The events that the windows of a service take from one stream by one entity. */
export interface Reach {
  readonly stream: string;
  /** The field of that stream that names the entity. */
  readonly entity: string;
  readonly features: readonly Aggregate[];
}

/** Named as in the vector; with the revision behind it where a vector carries several. */
type Aggregate = Pick<CompiledAggregate, 'name' | 'window' | 'tile'>;

export interface Revision {
  readonly revision: string;
  readonly compiled: CompiledFeatureService;
}

/** One for each (stream, entity) of the views, in their order; value features look at the trigger alone and are left out. */
export const reachesOf = (revisions: readonly Revision[]): Reach[] => {
  const reaches = new Map<string, { stream: string; entity: string; features: Aggregate[] }>();
  for (const { revision, compiled } of revisions) {
    for (const { stream, entity, features } of compiled.views) {
      const key = `${stream.name} ${entity}`;
      const reach = reaches.get(key) ?? { stream: stream.name, entity, features: [] };
      for (const feature of features) {
        if (!('aggregate' in feature)) continue;
        const name = revisions.length === 1 ? feature.name : `${feature.name}@${revision}`;
        reach.features.push({ name, window: feature.window, tile: feature.tile });
      }
      if (reach.features.length > 0) reaches.set(key, reach);
    }
  }
  return [...reaches.values()];
};

/** The widest window, ms; Infinity where a feature looks at everything there was. */
export const widestMs = ({ features }: Reach): number => Math.max(...features.map(windowReachMs));

/** Features in whose window as of `at` an event of `time` lies; whether it counts there is up to the feature's `where`. Epoch ms. */
export const featuresWith = ({ features }: Reach, time: number, at: number): string[] =>
  features
    .filter((feature) => {
      const { after, upTo } = windowTimes(feature, at);
      return after < time && time <= upTo;
    })
    .map(({ name }) => name);
