import { parseDuration } from '#kernel';
import type { FieldSpec } from '../kinds';
import type { CheckContext } from './context';

/** Field names that mean something else in JavaScript objects; everything reads events by plain names. */
const isReserved = (name: string): boolean => name === '__proto__' || name in Object.prototype;

export const checkStream = (context: CheckContext<'Stream'>): void => {
  const { definition } = context;
  const { spec } = definition;
  for (const role of ['key', 'id', 'time'] as const) {
    const types = role === 'time' ? ['timestamp'] : ['string', 'integer'];
    const field = context.field(definition, spec[role], types, ['spec', role]);
    if (field && (!field.required || field.nullable)) {
      context.say(
        ['spec', 'fields', field.name],
        `field \`${field.name}\` is the stream's \`${role}\`: it must be required and not nullable`,
        undefined,
        'key',
      );
    }
  }
  for (const field of spec.fields) checkField(context, field);
  context.unique(
    spec.rules.map((rule) => rule.name),
    'rule',
    (index) => ['spec', 'rules', index, 'name'],
  );
  for (const [index, rule] of spec.rules.entries()) {
    context.expression(rule.check, spec, ['boolean'], ['spec', 'rules', index, 'check']);
  }
  if (parseDuration(spec.dedupe) < parseDuration(spec.lateness)) {
    context.say(
      ['spec', 'dedupe'],
      `\`dedupe\` ${spec.dedupe} is shorter than \`lateness\` ${spec.lateness}: a late duplicate would pass`,
    );
  }
  checkForEver(context);
};

const MEANT_FOR = {
  min: ['number', 'integer'],
  max: ['number', 'integer'],
  decimals: ['number'],
  unit: ['number', 'integer'],
  categories: ['string'],
  pattern: ['string'],
  maxLength: ['string'],
} as const;

const checkField = (context: CheckContext<'Stream'>, field: FieldSpec): void => {
  const at = (...path: string[]) => ['spec', 'fields', field.name, ...path];
  if (isReserved(field.name)) context.say(at(), `\`${field.name}\` cannot be a field name`, undefined, 'key');
  for (const option of Object.keys(MEANT_FOR) as (keyof typeof MEANT_FOR)[]) {
    const types: readonly string[] = MEANT_FOR[option];
    if (field[option] !== undefined && !types.includes(field.type)) {
      context.say(
        at(option),
        `\`${option}\` is for ${types.join(' and ')} fields; \`${field.name}\` is a ${field.type}`,
        undefined,
        'key',
      );
    }
  }
  if (field.min !== undefined && field.max !== undefined && field.min > field.max) {
    context.say(
      at('min'),
      `\`min\` ${field.min} of field \`${field.name}\` is above its \`max\` ${field.max}`,
    );
  }
  if (field.categories) context.unique(field.categories, 'category', () => at('categories'));
  if (field.pattern !== undefined && !compiles(field.pattern)) {
    context.say(at('pattern'), `the pattern of field \`${field.name}\` is not a regular expression`);
  }
};

const compiles = (pattern: string): boolean => {
  try {
    return new RegExp(pattern, 'u') !== null;
  } catch {
    return false;
  }
};

/** The topics of a stream keep their partitions, and their records stand where the key says. */
const checkForEver = (context: CheckContext<'Stream'>): void => {
  const before = context.before.find('Stream', context.definition.name)?.spec;
  if (!before) return;
  for (const option of ['partitions', 'key'] as const) {
    const now = context.definition.spec[option];
    if (now === before[option]) continue;
    context.say(
      ['spec', option],
      `\`${option}\` is for ever: ${before[option]} cannot become ${now}; define a new generation, Stream ${context.definition.name}-g2, and fill it by \`playhead produce ${context.definition.name} --generation 2\``,
    );
  }
};
