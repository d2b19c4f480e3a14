import {
  compileExpression,
  Defect,
  digestOf,
  parseDuration,
  valueNames,
  type CanonicalValue,
  type Digest,
} from '#kernel';
import type {
  CompiledByKind,
  CompiledDefinition,
  CompiledDeployment,
  CompiledExperiment,
  CompiledFeature,
  CompiledFeatureService,
  CompiledFeatureView,
  CompiledLabel,
  CompiledModel,
  CompiledMonitor,
  CompiledRetrain,
  CompiledRollout,
  CompiledSplit,
  CompiledStage,
  CompiledStream,
} from './compiled';
import { definitionKey, type Definition, type DefinitionOf } from './definition';
import {
  isAggregate,
  KINDS,
  type ExperimentSpec,
  type FeatureSpec,
  type Kind,
  type MonitorSpec,
  type RetrainSpec,
  type RolloutSpec,
  type SplitSpec,
} from './kinds';
import type { Project } from './project';
import { fieldTypes } from './resolve/context';

/** The digest of one definition with defaults applied: canonical JSON of kind, name and spec. */
export const definitionDigest = <K extends Kind>(
  kind: K,
  name: string,
  spec: DefinitionOf<K>['spec'],
): Digest => digestOf({ kind, name, spec } as unknown as CanonicalValue);

export const compileStream = ({ name, spec }: DefinitionOf<'Stream'>): CompiledStream => ({
  name,
  digest: definitionDigest('Stream', name, spec),
  key: spec.key,
  id: spec.id,
  time: spec.time,
  partitions: spec.partitions,
  latenessMs: parseDuration(spec.lateness),
  dedupeMs: parseDuration(spec.dedupe),
  skewMs: parseDuration(spec.skew),
  jumpMs: parseDuration(spec.jump),
  fields: spec.fields,
  rules: spec.rules,
});

export const compileFeatureView = (project: Project, name: string): CompiledFeatureView =>
  compileViews(project, need(project, 'FeatureView', name).spec.stream, [name])[0]!;

/** `engine`: version of the computation, raised when a fix changes results. */
export const compileFeatureService = (
  project: Project,
  name: string,
  engine: string,
): CompiledFeatureService => {
  const { spec } = need(project, 'FeatureService', name);
  const { key, id, time, partitions } = need(project, 'Stream', spec.trigger).spec;
  const views = compileServiceViews(project, spec.views);
  const stages = compileStages(project, spec, views);
  const depends = {
    kind: 'FeatureService',
    name,
    engine,
    align: parseDuration(spec.align),
    trigger: { stream: spec.trigger, key, id, time },
    views,
    ...(stages.length > 0 ? { stages } : {}),
  };
  return {
    name,
    digest: digestOf(depends as unknown as CanonicalValue),
    engine,
    alignMs: depends.align,
    trigger: { ...depends.trigger, partitions },
    views,
    ...(stages.length > 0 ? { stages } : {}),
    features: views.flatMap((view) => view.features.flatMap(valueNames)),
  };
};

/** The views of a service in written order; those of one stream and entity are one fold. */
const compileServiceViews = (project: Project, names: readonly string[]): readonly CompiledFeatureView[] => {
  const folds = new Map<string, { readonly stream: string; readonly names: string[] }>();
  for (const name of names) {
    const { stream, entity } = need(project, 'FeatureView', name).spec;
    const fold = folds.get(`${stream} ${entity}`);
    if (fold) fold.names.push(name);
    else folds.set(`${stream} ${entity}`, { stream, names: [name] });
  }
  const compiled = [...folds.values()].flatMap((fold) => compileViews(project, fold.stream, fold.names));
  return names.map((name) => compiled.find((view) => view.name === name)!);
};

/** In the order in which the views first name their entities. */
const compileStages = (
  project: Project,
  { trigger, align }: DefinitionOf<'FeatureService'>['spec'],
  views: readonly CompiledFeatureView[],
): readonly CompiledStage[] => {
  const { key, lateness } = need(project, 'Stream', trigger).spec;
  const staged = views.filter(({ stream, entity }) => stream.name !== trigger || entity !== key);
  const behindMs = parseDuration(lateness) + parseDuration(align);
  return [...new Set(staged.map(({ entity }) => entity))].map((entity) => {
    const streams = staged.filter((view) => view.entity === entity).map(({ stream }) => stream.name);
    return { entity, streams: [...new Set([trigger, ...streams])], behindMs };
  });
};

/** Views of one stream; each carries the fields that any of them reads, since one fold computes them all. */
const compileViews = (
  project: Project,
  streamName: string,
  names: readonly string[],
): readonly CompiledFeatureView[] => {
  const { spec } = need(project, 'Stream', streamName);
  const views = names.map((name) => need(project, 'FeatureView', name));
  const types = fieldTypes(spec);
  const sources = views.flatMap((view) =>
    view.spec.features.flatMap((feature) =>
      isAggregate(feature) ? [feature.of, feature.where] : [feature.value],
    ),
  );
  const read = new Set([spec.key, spec.id, spec.time, ...views.map((view) => view.spec.entity)]);
  for (const source of sources)
    for (const field of source === undefined ? [] : compileExpression(source, types).fields) read.add(field);
  const stream = {
    name: streamName,
    time: spec.time,
    lateness: parseDuration(spec.lateness),
    jump: parseDuration(spec.jump),
    fields: spec.fields
      .filter(({ name }) => read.has(name))
      .map(({ name, type, decimals }) => ({ name, type, ...(decimals === undefined ? {} : { decimals }) })),
  };
  return views.map((view) => ({
    name: view.name,
    entity: view.spec.entity,
    ...(view.spec.ttl !== undefined && { ttl: parseDuration(view.spec.ttl) }),
    stream,
    features: view.spec.features.map(compileFeature),
  }));
};

const compileFeature = (feature: FeatureSpec): CompiledFeature => {
  if (!isAggregate(feature)) return feature;
  const { window, half_life, tile, ...rest } = feature;
  return {
    ...rest,
    ...(window !== undefined && { window: typeof window === 'string' ? parseDuration(window) : window }),
    ...(half_life !== undefined && { halfLife: parseDuration(half_life) }),
    ...(tile !== undefined && { tile: parseDuration(tile) }),
  };
};

const compileLabel = (project: Project, { name, spec }: DefinitionOf<'Label'>): CompiledLabel => {
  const { key, partitions, fields } = need(project, 'Stream', spec.stream).spec;
  return {
    name,
    digest: definitionDigest('Label', name, spec),
    stream: spec.stream,
    key,
    partitions,
    on: spec.on,
    value: spec.value,
    valueType: fields.find((field) => field.name === spec.value)!.type,
    maturityMs: parseDuration(spec.maturity),
  };
};

const compileModel = ({ name, spec }: DefinitionOf<'Model'>): CompiledModel => ({
  name,
  digest: definitionDigest('Model', name, spec),
  task: spec.task,
  service: spec.features,
  label: spec.label,
  ...(spec.query === undefined ? {} : { query: spec.query }),
  split: compileSplit(spec.split),
  trainer: spec.trainer,
  gates: spec.gates,
  ...(spec.evaluate && {
    evaluate: {
      ...spec.evaluate,
      ...(spec.evaluate.backtest && {
        backtest: {
          origins: spec.evaluate.backtest.origins,
          horizonMs: parseDuration(spec.evaluate.backtest.horizon),
        },
      }),
    } as CompiledModel['evaluate'],
  }),
  ...(spec.approval && { approval: spec.approval }),
  ...(spec.environments && { environments: spec.environments }),
  ...(spec.retrain && { retrain: compileRetrain(spec.retrain) }),
});

const compileSplit = ({ history, ...split }: SplitSpec): CompiledSplit => ({
  ...(split.by === 'time'
    ? { by: 'time', holdoutMs: parseDuration(split.holdout), gapMs: parseDuration(split.gap) }
    : split),
  ...(history === undefined ? {} : { historyMs: parseDuration(history) }),
});

const compileRetrain = ({
  every,
  after,
  debounce,
  budget,
  rollback,
  ...rest
}: RetrainSpec): CompiledRetrain => ({
  ...rest,
  ...(every === undefined ? {} : { everyMs: parseDuration(every) }),
  ...(after === undefined ? {} : { afterMs: parseDuration(after) }),
  debounceMs: parseDuration(debounce),
  ...(budget && { budget: { runs: budget.runs, perMs: parseDuration(budget.per) } }),
  ...(rollback && { rollback: { on: rollback.on, withinMs: parseDuration(rollback.within) } }),
});

const compileDeployment = (
  project: Project,
  { name, spec }: DefinitionOf<'Deployment'>,
): CompiledDeployment => {
  const model = need(project, 'Model', spec.model).spec;
  return {
    name,
    digest: definitionDigest('Deployment', name, spec),
    model: spec.model,
    task: model.task,
    service: model.features,
    alias: spec.alias,
    threshold: spec.threshold ?? null,
    from: spec.from,
    ...(spec.rollout && { rollout: compileRollout(spec.rollout) }),
    ...(spec.shadow !== undefined && { shadow: spec.shadow }),
    ...(spec.experiment && { experiment: compileExperiment(spec.experiment) }),
    ...(spec.logging && { logging: spec.logging }),
    ...(spec.bind !== undefined && { bind: spec.bind }),
  };
};

const compileRollout = ({ interval, ...rest }: RolloutSpec): CompiledRollout => ({
  ...rest,
  intervalMs: parseDuration(interval),
});

const compileExperiment = ({ bandit, ...rest }: ExperimentSpec): CompiledExperiment => {
  if (!bandit) return rest;
  const { interval, ...earned } = bandit;
  return { ...rest, bandit: { ...earned, intervalMs: parseDuration(interval) } };
};

const compileMonitor = (project: Project, { name, spec }: DefinitionOf<'Monitor'>): CompiledMonitor => {
  const { model } = need(project, 'Deployment', spec.deployment).spec;
  const { features, label } = need(project, 'Model', model).spec;
  return {
    name,
    digest: definitionDigest('Monitor', name, spec),
    deployment: spec.deployment,
    model,
    service: features,
    label,
    ...(typeof spec.window === 'string'
      ? { windowMs: parseDuration(spec.window) }
      : { windowRows: spec.window.rows }),
    ...(spec.reference && { reference: spec.reference }),
    drift: spec.drift,
    ...(spec.quality && { quality: compileQuality(spec.quality) }),
    metric: spec.performance?.metric ?? null,
    ...(spec.performance && watchedPerformance(spec.performance)),
    ...(spec.slices && { slices: spec.slices }),
    ...(spec.fairness && { fairness: spec.fairness }),
    ...(spec.alert && { alert: compileAlert(spec.alert) }),
  };
};

const watchedPerformance = ({
  estimate,
  threshold,
  detect,
}: NonNullable<MonitorSpec['performance']>): Pick<CompiledMonitor, 'estimate' | 'limits' | 'detect'> => ({
  ...(estimate && { estimate }),
  ...(threshold && { limits: threshold }),
  ...(detect && { detect }),
});

const compileQuality = ({ freshness, ...shares }: NonNullable<MonitorSpec['quality']>) => ({
  ...shares,
  ...(freshness !== undefined && { freshnessMs: parseDuration(freshness) }),
});

const compileAlert = ({ wait, repeat, ...rest }: NonNullable<MonitorSpec['alert']>) => ({
  ...rest,
  waitMs: parseDuration(wait),
  repeatMs: parseDuration(repeat),
});

/** The compiled form of one definition of a project without faults. */
export const compileDefinition = <K extends Kind>(
  project: Project,
  definition: DefinitionOf<K>,
  engine: string,
): CompiledDefinition<K> => {
  const { kind, name, spec } = definition as Definition;
  const compile = COMPILE[kind] as (project: Project, name: string, engine: string) => CompiledByKind[Kind];
  const compiled = compile(project, name, engine);
  const digest = 'digest' in compiled ? compiled.digest : definitionDigest(kind, name, spec);
  return {
    kind,
    name,
    spec,
    key: definitionKey({ kind, name }),
    digest,
    compiled,
  } as unknown as CompiledDefinition<K>;
};

/** All of them, in the order in which they name each other. */
export const compileProject = (project: Project, engine: string): readonly CompiledDefinition[] =>
  KINDS.flatMap((kind) =>
    project.definitions
      .filter((definition) => definition.kind === kind)
      .map((definition) => compileDefinition(project, definition, engine)),
  );

const COMPILE: {
  readonly [K in Kind]: (project: Project, name: string, engine: string) => CompiledByKind[K];
} = {
  Stream: (project, name) => compileStream(need(project, 'Stream', name)),
  FeatureView: compileFeatureView,
  FeatureService: compileFeatureService,
  Label: (project, name) => compileLabel(project, need(project, 'Label', name)),
  Model: (project, name) => compileModel(need(project, 'Model', name)),
  Deployment: (project, name) => compileDeployment(project, need(project, 'Deployment', name)),
  Monitor: (project, name) => compileMonitor(project, need(project, 'Monitor', name)),
};

const need = <K extends Kind>(project: Project, kind: K, name: string): DefinitionOf<K> => {
  const found = project.find(kind, name);
  if (!found) throw new Defect(`${kind} ${name} is not in the project; resolveProject was to say so`);
  return found;
};
