import type { CompiledFeature, CompiledFeatureView } from '#contracts';
import { newest, type ServiceDefinition, type ServiceRevision, type Services } from '#folds';
import { valueNames } from '#kernel';
import { feastRefusal } from './feast-error';
import type { FeatureReference, OnlineRequest } from './online-request';

/** One list of values in the answer. */
export interface OnlineColumn {
  /** As the answer names it. */
  readonly name: string;
  readonly service: ServiceDefinition;
  readonly view: CompiledFeatureView;
  readonly feature: string;
  /** Whole numbers, which the answer writes without a point: Feast's Int64; the others are Float64. */
  readonly isInteger: boolean;
  /** The join key whose values are looked up. */
  readonly key: string;
  /** The stage whose parts are looked up; absent: the vectors, which are by the trigger's key. */
  readonly stage?: string;
}

/** What an answer consists of: the join keys as they were sent, then the features in the order that they were asked for. */
export interface OnlinePlan {
  readonly keys: readonly string[];
  readonly columns: readonly OnlineColumn[];
  /** In the order of their first feature. */
  readonly views: readonly string[];
}

/** @throws Refused as Feast's classes say it: unknown service, view or feature, two features of one name, a join key without values */
export const planOnline = (services: Services, request: OnlineRequest): OnlinePlan => {
  const found =
    request.featureService === undefined ? listed(services, request.features) : all(services, request);
  refuseCollisions(found, request.fullFeatureNames);
  const columns = found.map(({ service, view, feature, name }): OnlineColumn => ({
    name: request.fullFeatureNames ? `${view.name}__${name}` : name,
    service,
    view,
    feature: name,
    isInteger: isInteger(view, feature),
    ...lookupOf(service, view, request),
  }));
  const joinKeys = joinKeysOf(services);
  return {
    keys: [...request.entities.keys()].filter((key) => joinKeys.has(key)),
    columns,
    views: [...new Set(columns.map(({ view }) => view.name))],
  };
};

interface Found {
  readonly service: ServiceDefinition;
  readonly view: CompiledFeatureView;
  readonly feature: CompiledFeature;
  /** One of those that the feature gives. */
  readonly name: string;
}

const featuresOf = (service: ServiceDefinition): Found[] =>
  newest(service).compiled.views.flatMap((view) =>
    view.features.flatMap((feature) => valueNames(feature).map((name) => ({ service, view, feature, name }))),
  );

const all = (services: Services, { featureService }: OnlineRequest): Found[] => {
  const service = services.get(featureService!);
  if (!service)
    throw feastRefusal(
      'FeatureServiceNotFoundException',
      'PLAYHEAD_NOT_FOUND',
      `Feature service ${featureService} does not exist`,
    );
  return featuresOf(service);
};

/** From one service that has them all, where there is one; else each from the first that has it. */
const listed = (services: Services, references: readonly FeatureReference[]): Found[] => {
  const known = [...services.values()].map(featuresOf);
  const within = (found: readonly Found[]) =>
    references.map(({ view, feature }) =>
      found.find((each) => each.view.name === view && each.name === feature),
    );
  const whole = known.map(within).find((found) => found.every((each) => each !== undefined));
  return (whole ?? within(known.flat())).map(
    (each, at) => each ?? refuseUnknown(known.flat(), references[at]!),
  );
};

const refuseUnknown = (known: readonly Found[], { view, feature }: FeatureReference): never => {
  const ofView = known.filter((each) => each.view.name === view);
  if (ofView.length === 0)
    throw feastRefusal(
      'FeatureViewNotFoundException',
      'PLAYHEAD_NOT_FOUND',
      `Feature view ${view} does not exist, or no feature service has it`,
    );
  const names = [...new Set(ofView.map(({ name }) => name))];
  throw feastRefusal(
    'SpecifiedFeaturesNotPresentError',
    'PLAYHEAD_NOT_FOUND',
    `Feature ${feature} not found in ${view}; it has ${names.join(', ')}`,
  );
};

const refuseCollisions = (found: readonly Found[], full: boolean): void => {
  const names = found.map(({ view, name }) => (full ? `${view.name}__${name}` : name));
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  if (twice.length === 0) return;
  const remedy = full
    ? 'To resolve this collision, ask for each feature once.'
    : "To resolve this collision, either use the full feature name by setting 'full_feature_names=True', or ensure that the features in question have different names.";
  throw feastRefusal(
    'FeatureNameCollisionError',
    'PLAYHEAD_REQUEST_INVALID',
    `Duplicate features named ${twice.join(', ')} found.\n${remedy}`,
  );
};

/**
 * A view is looked up by its own entity where the request names it, as Feast does; else, more than Feast does, by the trigger's key:
 * then it is as it was when the newest event of that key came by.
 */
const lookupOf = (
  service: ServiceDefinition,
  view: CompiledFeatureView,
  { entities }: OnlineRequest,
): Pick<OnlineColumn, 'key' | 'stage'> => {
  const { trigger } = newest(service).compiled;
  const isOwn = view.entity === trigger.key;
  if (!isOwn && entities.has(view.entity)) return { key: view.entity, stage: view.entity };
  if (entities.has(trigger.key)) return { key: trigger.key };
  const keys = isOwn ? trigger.key : `${view.entity} (or ${trigger.key})`;
  throw feastRefusal(
    'FeastError',
    'PLAYHEAD_REQUEST_INVALID',
    `Missing join key values for keys: ${keys}, of ${view.name}. Provided: ${[...entities.keys()].join(', ') || 'none'}`,
  );
};

const joinKeysOf = (services: Services): ReadonlySet<string> =>
  new Set(
    [...services.values()].flatMap((service) => {
      const { trigger, views } = newest(service).compiled;
      return [trigger.key, ...views.map(({ entity }) => entity)];
    }),
  );

const KEEP_WHOLE = new Set(['sum', 'min', 'max', 'first', 'last', 'lag', 'last_k']);

/** Counts, and values of a whole-number field that no arithmetic was done with. */
const isInteger = ({ stream }: CompiledFeatureView, feature: CompiledFeature): boolean => {
  const isField = (text: string | undefined): boolean =>
    stream.fields.some(({ name, type }) => name === text && type === 'integer');
  if (!('aggregate' in feature)) return isField(feature.value);
  const { aggregate, of } = feature;
  return (
    aggregate === 'count' || aggregate === 'count_distinct' || (KEEP_WHOLE.has(aggregate) && isField(of))
  );
};

/** Where a feature stands in what a revision carries; -1 where it has no such one. */
export const placeIn = ({ compiled, stages }: ServiceRevision, feature: string, stage?: string): number =>
  stage === undefined
    ? compiled.features.indexOf(feature)
    : (stages.find(({ entity }) => entity === stage)?.sources ?? [])
        .flatMap(({ engine }) => engine.names)
        .indexOf(feature);
