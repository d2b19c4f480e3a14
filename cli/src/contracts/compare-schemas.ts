/** The part of JSON Schema that contracts are made of. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly [bound: string]: unknown;
}

/**
 * What makes values that keep the schema before break the schema after, one line each: a field that turned required, an enum that
 * shrank, a type that changed, a bound that narrowed. What is only wider or new is legal. Pure.
 */
export const illegalChanges = (before: JsonSchema, after: JsonSchema, at = ''): readonly string[] => {
  const [olds, news] = [alternatives(before), alternatives(after)];
  if (olds.length === 1 && news.length === 1) return compare(olds[0]!, news[0]!, at);
  return olds.flatMap((old) => {
    const tries = news.map((candidate) => compare(old, candidate, at));
    if (tries.some((faults) => faults.length === 0)) return [];
    // Of unions of objects the most similar alternative says best what is wrong.
    const closest = tries.reduce((best, faults) => (faults.length < best.length ? faults : best));
    return 'const' in old || old.type !== 'object'
      ? [`${place(at)}${shown(old)} is no longer allowed`]
      : closest;
  });
};

/** An enum is the union of its values. */
const alternatives = (schema: JsonSchema): readonly JsonSchema[] => {
  if (schema.anyOf) return schema.anyOf.flatMap(alternatives);
  if (schema.enum) return schema.enum.map((value) => ({ const: value }));
  return [schema];
};

const compare = (before: JsonSchema, after: JsonSchema, at: string): readonly string[] => {
  if ('const' in after) {
    return 'const' in before && before.const === after.const
      ? []
      : [`${place(at)}${shown(before)} became ${shown(after)}`];
  }
  if (after.type === undefined) return [];
  const type = 'const' in before ? typeOf(before.const) : before.type;
  if (type !== after.type && !(type === 'integer' && after.type === 'number')) {
    return [`${place(at)}${shown(before)} became ${shown(after)}`];
  }
  if (type === 'object') return compareObjects(before, after, at);
  if (type === 'array')
    return [
      ...narrowed(before, after, at),
      ...illegalChanges(before.items ?? {}, after.items ?? {}, `${at}[]`),
    ];
  return 'const' in before ? [] : narrowed(before, after, at);
};

const compareObjects = (before: JsonSchema, after: JsonSchema, at: string): readonly string[] => {
  if (isMap(before) !== isMap(after)) return [`${place(at)}${shown(before)} became ${shown(after)}`];
  if (isMap(before) && isMap(after)) return illegalChanges(valuesOf(before), valuesOf(after), `${at}.*`);
  const olds = before.properties ?? {};
  const news = after.properties ?? {};
  const fields = Object.keys(olds).flatMap((name) => {
    const inside = at === '' ? name : `${at}.${name}`;
    const now = news[name];
    if (now) return illegalChanges(olds[name]!, now, inside);
    return after.additionalProperties === false ? [`${inside} is no longer allowed`] : [];
  });
  const turned = (after.required ?? []).filter((name) => !before.required?.includes(name));
  return [...fields, ...turned.map((name) => `${at === '' ? name : `${at}.${name}`} turned required`)];
};

const isMap = ({ patternProperties }: JsonSchema): boolean => patternProperties !== undefined;

const valuesOf = ({ patternProperties = {} }: JsonSchema): JsonSchema =>
  Object.values(patternProperties)[0] ?? {};

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];

const narrowed = (before: JsonSchema, after: JsonSchema, at: string): readonly string[] => [
  ...LOWER.flatMap((name) => bound(name, before, after, at, (old, now) => now > old)),
  ...UPPER.flatMap((name) => bound(name, before, after, at, (old, now) => now < old)),
  ...(after.pattern === undefined || after.pattern === before.pattern
    ? []
    : [`${place(at)}pattern ${before.pattern ?? 'none'} became ${after.pattern}`]),
];

const bound = (
  name: string,
  before: JsonSchema,
  after: JsonSchema,
  at: string,
  isNarrower: (old: number, now: number) => boolean,
): readonly string[] => {
  const [old, now] = [before[name], after[name]];
  if (typeof now !== 'number' || (typeof old === 'number' && !isNarrower(old, now))) return [];
  return [`${place(at)}${name} ${typeof old === 'number' ? old : 'none'} became ${now}`];
};

const place = (at: string): string => (at === '' ? 'the value: ' : `${at}: `);

const shown = (schema: JsonSchema): string => {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (isMap(schema)) return 'a map';
  return schema.type ?? 'anything';
};

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
};
