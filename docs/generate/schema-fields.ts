/** The part of JSON Schema that contracts are written in. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FieldSchema[];
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
}

export interface Field {
  /** `cut[].offset` of a field inside of a list of objects. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly meaning: string;
}

/** Every field of a value, objects and lists of objects opened, in the order of the schema. */
export const fieldsOf = (schema: FieldSchema, prefix = ''): Field[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const own = {
      path,
      type: typeOf(field),
      required: schema.required?.includes(name) ?? false,
      meaning: field.description ?? '',
    };
    return [own, ...inside(field, path)];
  });

const inside = (schema: FieldSchema, path: string): Field[] => {
  if (schema.items) return inside(schema.items, `${path}[]`);
  const opened = fieldsOf(schema, path);
  return opened.length > 0 ? opened : (schema.anyOf ?? []).flatMap((option) => inside(option, path));
};

const typeOf = (schema: FieldSchema): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values) return `map to ${typeOf(values)}`;
  return Array.isArray(schema.type)
    ? schema.type.join(' or ')
    : ((schema.type as string | undefined) ?? 'any');
};
