import { Type, type TSchema } from 'typebox';
import { KINDS, OPTION_SCHEMAS, type Kind } from './kinds';
import { CLOSED, DefinitionName } from './kinds/words';

/** The JSON Schema (2020-12) of a whole document of one kind, for editors and the reference. */
export const definitionJsonSchema = (kind: Kind): TSchema =>
  Type.Object(
    {
      kind: Type.Literal(kind),
      name: DefinitionName('unique for its kind'),
      spec: OPTION_SCHEMAS[kind],
    },
    { $schema: 'https://json-schema.org/draft/2020-12/schema', title: kind, ...CLOSED },
  );

export const definitionJsonSchemas = (): Readonly<Record<Kind, TSchema>> =>
  Object.fromEntries(KINDS.map((kind) => [kind, definitionJsonSchema(kind)])) as Record<Kind, TSchema>;
