import { definitionKey, type Definition, type DefinitionOf } from './definition';
import type { Kind } from './kinds';

/** Definitions that fit each other, found by kind and name. */
export interface Project {
  readonly definitions: readonly Definition[];
  find<K extends Kind>(kind: K, name: string): DefinitionOf<K> | undefined;
  names(kind: Kind): readonly string[];
}

/** Of two with one key the later counts, so that changed definitions can be laid over those in the registry. */
export const projectOf = (definitions: Iterable<Definition>): Project => {
  const byKey = new Map<string, Definition>();
  for (const definition of definitions) byKey.set(definitionKey(definition), definition);
  const all = [...byKey.values()];
  return {
    definitions: all,
    find: <K extends Kind>(kind: K, name: string) =>
      byKey.get(definitionKey({ kind, name })) as DefinitionOf<K> | undefined,
    names: (kind) => all.filter((definition) => definition.kind === kind).map(({ name }) => name),
  };
};
