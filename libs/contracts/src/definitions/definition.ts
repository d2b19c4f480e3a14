import type { DefinitionSpecs, Kind } from './kinds';

export type DefinitionOf<K extends Kind> = K extends Kind
  ? { readonly kind: K; readonly name: string; readonly spec: DefinitionSpecs[K] }
  : never;

/** One definition with defaults applied: plain data, as the registry keeps it. */
export type Definition = DefinitionOf<Kind>;

/** The stable key of all revisions of a definition. */
export const definitionKey = (definition: { readonly kind: Kind; readonly name: string }): string =>
  `${definition.kind}/${definition.name}`;

/** Stands among broken keys for a definition whose kind could not be told. */
export const unknownKindKey = (name: string): string => `?/${name}`;
