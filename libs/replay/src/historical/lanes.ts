import { TOPICS, compileObservationReader, type CompiledFeatureService } from '#contracts';
import { valueNames } from '#kernel';
import { compileService, type FeatureEngine, type FeatureEvent } from '#features';

/** Views over one stream, of one entity: folded together. */
export interface LaneSource {
  readonly stream: string;
  readonly engine: FeatureEngine;
  readonly read: (value: Buffer) => FeatureEvent;
}

/** One topic that a service's views are folded from, in its order: all views of one entity. */
export interface Lane {
  /** Below the namespace. */
  readonly topic: string;
  /** Name of the fold in the feature service whose dead letters are passed over here, too. */
  readonly fold: 'vectors' | 'stage';
  /** The field that a row names the entity by. */
  readonly entity: string;
  /** Entities are forgotten, by a clock that the events of all of them move: none may be left out. */
  readonly foldsAll: boolean;
  readonly sources: readonly LaneSource[];
}

/** Where the value of a feature is made. */
export interface FeaturePlace {
  readonly name: string;
  readonly view: string;
  readonly lane: number;
  readonly source: number;
  readonly index: number;
}

/** Takes a service apart by the topics that its views are folded from: its trigger's own, and the inputs of each stage. */
export const lanesOf = (
  service: CompiledFeatureService,
): { readonly lanes: readonly Lane[]; readonly features: readonly FeaturePlace[] } => {
  const { name, trigger, views, stages = [] } = service;
  const isOwn = (view: (typeof views)[number]): boolean =>
    view.stream.name === trigger.stream && view.entity === trigger.key;
  const laneOf = (place: Pick<Lane, 'topic' | 'fold' | 'entity'>, folded: typeof views): Lane => {
    const streams = [...new Set(folded.map(({ stream }) => stream.name))];
    const sources = streams.map((stream): LaneSource => {
      const own = folded.filter((view) => view.stream.name === stream);
      const fields = own[0]!.stream.fields.map((field) => field.name);
      return {
        stream,
        engine: compileService(own, { readAt: { behindMs: 0 } }),
        read: compileObservationReader(fields) as (value: Buffer) => FeatureEvent,
      };
    });
    return { ...place, sources, foldsAll: folded.some(({ ttl }) => ttl !== undefined) };
  };
  const lanes = [
    laneOf(
      { topic: TOPICS.observations(trigger.stream), fold: 'vectors', entity: trigger.key },
      views.filter(isOwn),
    ),
    ...stages.map(({ entity }) =>
      laneOf(
        { topic: TOPICS.featureInputs(name, entity), fold: 'stage', entity },
        views.filter((view) => view.entity === entity && !isOwn(view)),
      ),
    ),
  ].filter(({ sources }) => sources.length > 0);

  const places = new Map<string, Omit<FeaturePlace, 'view'>>();
  lanes.forEach(({ sources }, lane) =>
    sources.forEach(({ engine }, source) =>
      engine.names.forEach((feature, index) => places.set(feature, { name: feature, lane, source, index })),
    ),
  );
  const viewOf = new Map(
    views.flatMap((view) => view.features.flatMap(valueNames).map((feature) => [feature, view.name])),
  );
  return {
    lanes,
    features: service.features.map((feature) => ({ ...places.get(feature)!, view: viewOf.get(feature)! })),
  };
};
