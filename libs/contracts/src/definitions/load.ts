import { definitionsRefused } from './fault';
import {
  parseDefinitions,
  parseDefinitionValues,
  type DefinitionFile,
  type ParsedDefinition,
  type ParsedDefinitions,
} from './parse';
import type { Project } from './project';
import { resolveProject, type ResolveOptions } from './resolve';
import { compareFaults } from './fault';

export interface LoadedDefinitions {
  /** Those that were given. */
  readonly definitions: readonly ParsedDefinition[];
  /** Those that were given and those that are known. */
  readonly project: Project;
}

/** Reads and checks files; throws `Refused` PLAYHEAD_DEFINITION_INVALID with every fault in `details.faults`. */
export const loadDefinitions = (
  files: readonly DefinitionFile[],
  options: Omit<ResolveOptions, 'broken'> = {},
): LoadedDefinitions => load(parseDefinitions(files), options);

/** The same for definitions that came as JSON objects `{kind, name, spec}` in the written form. */
export const loadDefinitionValues = (
  values: readonly unknown[],
  options: Omit<ResolveOptions, 'broken'> & { readonly path?: string } = {},
): LoadedDefinitions => load(parseDefinitionValues(values, options.path), options);

const load = (parsed: ParsedDefinitions, options: Omit<ResolveOptions, 'broken'>): LoadedDefinitions => {
  const { project, faults } = resolveProject(parsed.definitions, { ...options, broken: parsed.broken });
  const all = [...parsed.faults, ...faults].sort(compareFaults);
  if (all.length > 0) throw definitionsRefused(all);
  return { definitions: parsed.definitions, project };
};
