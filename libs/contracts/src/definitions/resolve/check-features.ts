import { parseDuration, valueNames, type FieldType } from '#kernel';
import type { DefinitionOf } from '../definition';
import {
  FIELD_TYPES,
  isAggregate,
  type Aggregate,
  type AggregateFeatureSpec,
  type FeatureSpec,
  type StreamSpec,
} from '../kinds';
import type { Path } from '../read-node';
import type { CheckContext } from './context';

/** What a feature can be computed from: a boolean counts as 0 or 1. */
const NUMERIC: readonly FieldType[] = ['number', 'integer', 'boolean'];
/** These only ask whether there is a value, or whether two are the same. */
const OF_ANYTHING: readonly Aggregate[] = ['count', 'count_distinct', 'time_since_last'];

export const checkFeatureView = (context: CheckContext<'FeatureView'>): void => {
  const { spec } = context.definition;
  const names = spec.features.flatMap((feature, index) =>
    valueNames(feature).map((name) => ({ name, index })),
  );
  context.unique(
    names.map(({ name }) => name),
    'feature',
    (i) => ['spec', 'features', names[i]!.index, 'name'],
  );
  if (spec.ttl !== undefined && parseDuration(spec.ttl) === 0)
    context.say(['spec', 'ttl'], 'a ttl of nothing would forget every entity at once');
  const stream = context.find('Stream', spec.stream, ['spec', 'stream']);
  for (const [index, feature] of spec.features.entries()) checkFeature(context, feature, index, stream?.spec);
  if (stream) context.field(stream, spec.entity, ['string', 'integer'], ['spec', 'entity']);
};

const checkFeature = (
  context: CheckContext<'FeatureView'>,
  feature: FeatureSpec,
  index: number,
  stream: StreamSpec | undefined,
): void => {
  const at = (key: string) => ['spec', 'features', index, key];
  if (feature.name === '__proto__' || feature.name in Object.prototype) {
    context.say(at('name'), `\`${feature.name}\` cannot be a feature name`);
  }
  if (isAggregate(feature)) checkAggregate(context, feature, at, stream);
  else if (stream) context.expression(feature.value, stream, NUMERIC, at('value'));
};

const checkAggregate = (
  context: CheckContext<'FeatureView'>,
  { name, aggregate, of, where, window, tile, half_life }: AggregateFeatureSpec,
  at: (key: string) => Path,
  stream: StreamSpec | undefined,
): void => {
  const width = typeof window === 'string' ? parseDuration(window) : undefined;
  if (width === 0) context.say(at('window'), `feature \`${name}\` has an empty window`);
  if (half_life !== undefined && parseDuration(half_life) === 0)
    context.say(at('half_life'), `feature \`${name}\` has a half-life of nothing`);
  if (tile !== undefined && parseDuration(tile) === 0)
    context.say(at('tile'), `feature \`${name}\` has an empty tile`);
  else if (tile !== undefined && width !== undefined && parseDuration(tile) > width)
    context.say(at('tile'), `feature \`${name}\`: a tile of ${tile} is wider than its window`);
  if (!stream) return;
  if (of !== undefined)
    context.expression(of, stream, OF_ANYTHING.includes(aggregate) ? FIELD_TYPES : NUMERIC, at('of'));
  if (where !== undefined) context.expression(where, stream, ['boolean'], at('where'));
};

/** Views of one stream by one entity are one fold, which forgets an entity as a whole. */
const checkTtl = (
  context: CheckContext<'FeatureService'>,
  views: readonly DefinitionOf<'FeatureView'>[],
): void => {
  for (const [i, { name, spec }] of views.entries()) {
    const other = views
      .slice(0, i)
      .find((view) => view.spec.stream === spec.stream && view.spec.entity === spec.entity);
    if (other !== undefined && other.spec.ttl !== spec.ttl)
      context.say(
        ['spec', 'views', context.definition.spec.views.indexOf(name)],
        `view \`${name}\` has ttl ${spec.ttl ?? 'none'} and view \`${other.name}\`, of the same stream and entity, ${other.spec.ttl ?? 'none'}; give both the same`,
      );
  }
};

/** A view of another stream is asked for the entity that the trigger names. */
const checkEntity = (
  context: CheckContext<'FeatureService'>,
  trigger: DefinitionOf<'Stream'>,
  { name, spec }: DefinitionOf<'FeatureView'>,
  at: Path,
): void => {
  const field = trigger.spec.fields.find((candidate) => candidate.name === spec.entity);
  if (field?.type === 'string' || field?.type === 'integer') return;
  const fault = field
    ? `where \`${spec.entity}\` is a ${field.type}`
    : `which has no field \`${spec.entity}\``;
  context.say(
    at,
    `view \`${name}\` reads ${spec.stream} by ${spec.entity}, and the trigger is ${trigger.name}, ${fault}: a vector is asked for the entity that its trigger names`,
  );
};

export const checkFeatureService = (context: CheckContext<'FeatureService'>): void => {
  const { spec } = context.definition;
  const trigger = context.find('Stream', spec.trigger, ['spec', 'trigger']);
  context.unique(spec.views, 'view', (index) => ['spec', 'views', index]);
  const viewOfFeature = new Map<string, string>();
  const views: DefinitionOf<'FeatureView'>[] = [];
  for (const [index, name] of spec.views.entries()) {
    if (spec.views.indexOf(name) < index) continue;
    const at = ['spec', 'views', index];
    const view = context.find('FeatureView', name, at);
    if (!view) continue;
    views.push(view);
    if (trigger && view.spec.stream !== spec.trigger) checkEntity(context, trigger, view, at);
    for (const feature of new Set(view.spec.features.flatMap(valueNames))) {
      const other = viewOfFeature.get(feature);
      if (other !== undefined)
        context.say(
          at,
          `feature \`${feature}\` of view \`${name}\` has the name of one of view \`${other}\``,
        );
      else viewOfFeature.set(feature, name);
    }
  }
  checkTtl(context, views);
};
