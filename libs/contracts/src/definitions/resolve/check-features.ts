import { parseDuration, type FieldType } from '#kernel';
import type { DefinitionOf } from '../definition';
import { FIELD_TYPES, isAggregate, type FeatureSpec, type StreamSpec } from '../kinds';
import { notBuiltMessage, SEVERAL_SOURCES } from '../not-built-yet';
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

const hasField = (stream: DefinitionOf<'Stream'>, name: string): boolean =>
  stream.spec.fields.some((field) => field.name === name);

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
    const source = context.project.find('Stream', view.spec.stream);
    const readable =
      trigger && source && hasField(source, view.spec.entity) && hasField(trigger, trigger.spec.key);
    if (readable && (source !== trigger || view.spec.entity !== trigger.spec.key)) {
      const sources = `view \`${name}\` reads ${view.spec.stream} by ${view.spec.entity}, the trigger is ${spec.trigger} by ${trigger.spec.key}`;
      context.say(at, `${sources}; ${notBuiltMessage(SEVERAL_SOURCES)}`);
    }
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
