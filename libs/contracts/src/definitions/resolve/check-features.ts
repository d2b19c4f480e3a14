import { parseDuration, type FieldType } from '#kernel';
import type { DefinitionOf } from '../definition';
import { FIELD_TYPES, isAggregate, type FeatureSpec, type StreamSpec } from '../kinds';
import type { Path } from '../read-node';
import type { CheckContext } from './context';

/** What a feature can be computed from: a boolean counts as 0 or 1. */
const NUMERIC: readonly FieldType[] = ['number', 'integer', 'boolean'];

export const checkFeatureView = (context: CheckContext<'FeatureView'>): void => {
  const { spec } = context.definition;
  context.unique(
    spec.features.map((feature) => feature.name),
    'feature',
    (index) => ['spec', 'features', index, 'name'],
  );
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
  if (isAggregate(feature) && feature.window !== undefined && parseDuration(feature.window) === 0) {
    context.say(at('window'), `feature \`${feature.name}\` has an empty window`);
  }
  if (!stream) return;
  if (!isAggregate(feature)) context.expression(feature.value, stream, NUMERIC, at('value'));
  else if (feature.of !== undefined)
    context.expression(feature.of, stream, feature.aggregate === 'count' ? FIELD_TYPES : NUMERIC, at('of'));
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
  for (const [index, name] of spec.views.entries()) {
    if (spec.views.indexOf(name) < index) continue;
    const at = ['spec', 'views', index];
    const view = context.find('FeatureView', name, at);
    if (!view) continue;
    if (trigger && view.spec.stream !== spec.trigger) checkEntity(context, trigger, view, at);
    for (const feature of new Set(view.spec.features.map((candidate) => candidate.name))) {
      const other = viewOfFeature.get(feature);
      if (other !== undefined)
        context.say(
          at,
          `feature \`${feature}\` of view \`${name}\` has the name of one of view \`${other}\``,
        );
      else viewOfFeature.set(feature, name);
    }
  }
};
