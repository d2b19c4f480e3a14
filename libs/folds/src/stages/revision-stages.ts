import type { CompiledFeatureService, CompiledFeatureView } from '#contracts';
import { compileService, type FeatureEngine, type ViewDefinition } from '#features';

/** One stream of a stage, as a revision folds it. */
export interface StageSource {
  readonly stream: string;
  readonly engine: FeatureEngine;
  /** Its events are folded and read at once; those of other streams are read as of the trigger's time. */
  readonly isTrigger: boolean;
  readonly fields: readonly string[];
}

/** The views of a revision on one entity, that are not of the trigger's own key. */
export interface RevisionStage {
  readonly entity: string;
  /** In the order of their values in the part. */
  readonly sources: readonly StageSource[];
  /** Numbers in the part. */
  readonly width: number;
}

/** Where a stretch of the vector's values comes from: `stage` -1 is the trigger's own key. */
export interface Stretch {
  readonly stage: number;
  readonly from: number;
  readonly to: number;
}

/** What computes the values of one revision. */
export interface RevisionEngines {
  /** Of the trigger's own key. */
  readonly engine: FeatureEngine;
  readonly stages: readonly RevisionStage[];
  /** In the order of the vector. */
  readonly layout: readonly Stretch[];
}

/** Takes a service apart by who folds what. Throws `Refused` PLAYHEAD_DEFINITION_INVALID with all faults. */
export const compileRevision = (compiled: CompiledFeatureService): RevisionEngines => {
  const { trigger, views } = compiled;
  const isOwn = ({ stream, entity }: CompiledFeatureView): boolean =>
    stream.name === trigger.stream && entity === trigger.key;
  const own = views.filter(isOwn);
  const stages = (compiled.stages ?? []).map(({ entity, streams, behindMs }): RevisionStage => {
    const staged = views.filter((view) => view.entity === entity && !isOwn(view));
    const sources = streams.flatMap((stream): StageSource[] => {
      const folded = staged.filter((view) => view.stream.name === stream);
      if (folded.length === 0) return [];
      const isTrigger = stream === trigger.stream;
      const engine = compileService(folded, isTrigger ? {} : { readAt: { behindMs } });
      const fields = folded[0]!.stream.fields.map(({ name }) => name);
      return [{ stream, engine, isTrigger, fields }];
    });
    return { entity, sources, width: sources.reduce((sum, { engine }) => sum + engine.names.length, 0) };
  });
  const engine = compileService(own.length > 0 ? own : [nothingOf(compiled)]);
  return { engine, stages, layout: layoutOf(compiled, engine, stages) };
};

/** The vector is in the order of the views, wherever they are folded: feature names are unique, so they say where. */
const layoutOf = (
  { features }: CompiledFeatureService,
  own: FeatureEngine,
  stages: readonly RevisionStage[],
): Stretch[] => {
  const places = new Map<string, readonly [stage: number, index: number]>();
  own.names.forEach((name, index) => places.set(name, [-1, index]));
  stages.forEach(({ sources }, stage) =>
    sources.flatMap(({ engine }) => engine.names).forEach((name, index) => places.set(name, [stage, index])),
  );
  const layout: { stage: number; from: number; to: number }[] = [];
  for (const name of features) {
    const [stage, index] = places.get(name)!;
    const last = layout[layout.length - 1];
    if (last?.stage === stage && last.to === index) last.to = index + 1;
    else layout.push({ stage, from: index, to: index + 1 });
  }
  return layout;
};

/** A view without features over no entity: what a service without a view of its trigger's own key folds there. It keeps nothing. */
const nothingOf = ({ name, trigger }: CompiledFeatureService): ViewDefinition => ({
  name: `${name} itself`,
  stream: {
    name: trigger.stream,
    time: trigger.time,
    lateness: 0,
    jump: 0,
    fields: [
      { name: trigger.time, type: 'timestamp' },
      { name: '', type: 'string' },
    ],
  },
  entity: '',
  features: [],
});
