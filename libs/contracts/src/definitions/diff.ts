import { canonicalJson, type CanonicalValue } from '#kernel';
import { compileFeatureService } from './compile';
import { definitionKey, type Definition } from './definition';
import { KINDS } from './kinds';
import { projectOf, type Project } from './project';

export interface ChangedPath {
  /** Below `spec`, list items by their name: `fields.amount.max`, `features.tx_count_1d.window`. */
  readonly path: string;
  /** Absent where the option is new. */
  readonly from?: unknown;
  /** Absent where the option is gone. */
  readonly to?: unknown;
}

export interface DefinitionChange {
  readonly kind: Definition['kind'];
  readonly name: string;
  readonly change: 'created' | 'changed' | 'unchanged';
  readonly paths: readonly ChangedPath[];
  /** Of a service that computes something else: the changed definitions that it is made of. */
  readonly through: readonly string[];
}

/**
 * What would become of the registry. `next` may be a part of the project; what it does not name stays, and is listed only where
 * it changes through something that is named. Defaults are applied on both sides, so writing one out is no change.
 */
export const diffDefinitions = (
  current: readonly Definition[],
  next: readonly Definition[],
): readonly DefinitionChange[] => {
  const before = projectOf(current);
  const after = projectOf([...current, ...next]);
  const named = new Set(next.map(definitionKey));
  const changes = new Map<string, DefinitionChange>();
  for (const { kind, name, spec } of after.definitions) {
    const key = definitionKey({ kind, name });
    const old = before.find(kind, name);
    const paths = old ? changedPaths(old.spec, spec) : [];
    const through = old && kind === 'FeatureService' ? changedSources(before, after, name) : [];
    const change = !old ? 'created' : paths.length + through.length > 0 ? 'changed' : 'unchanged';
    changes.set(key, { kind, name, change, paths, through });
  }
  return [...changes.entries()]
    .filter(([key, { change }]) => named.has(key) || change === 'changed')
    .map(([, change]) => change)
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
};

/** Lines for a person; unchanged definitions are left out. */
export const formatDiff = (changes: readonly DefinitionChange[]): string =>
  changes
    .filter(({ change }) => change !== 'unchanged')
    .flatMap(({ kind, name, change, paths, through }) => [
      `${change === 'created' ? '+' : '~'} ${kind} ${name}${through.length > 0 ? ` (through ${through.join(', ')})` : ''}`,
      ...paths.map(({ path, from, to }) => {
        if (from === undefined) return `    + ${path}: ${JSON.stringify(to)}`;
        if (to === undefined) return `    - ${path}: ${JSON.stringify(from)}`;
        return `    ~ ${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`;
      }),
    ])
    .join('\n');

/** Views and trigger that differ, if the service computes something else because of them. */
const changedSources = (before: Project, after: Project, name: string): readonly string[] => {
  const service = after.find('FeatureService', name);
  const complete = (project: Project): boolean => {
    const spec = project.find('FeatureService', name)?.spec;
    return (
      !!spec &&
      !!project.find('Stream', spec.trigger) &&
      spec.views.every((view) => project.find('FeatureView', view))
    );
  };
  if (!service || !complete(before) || !complete(after)) return [];
  if (compileFeatureService(before, name, '').digest === compileFeatureService(after, name, '').digest)
    return [];
  const sources: readonly (readonly ['Stream' | 'FeatureView', string])[] = [
    ['Stream', service.spec.trigger],
    ...service.spec.views.map((view) => ['FeatureView', view] as const),
  ];
  return sources
    .filter(([kind, source]) => {
      const old = before.find(kind, source);
      const now = after.find(kind, source);
      return old && now && changedPaths(old.spec, now.spec).length > 0;
    })
    .map(([kind, source]) => `${kind} ${source}`);
};

const changedPaths = (from: unknown, to: unknown, path = ''): ChangedPath[] => {
  const [a, b] = [members(from), members(to)];
  if (a === undefined || b === undefined) {
    if (from === to || (from !== undefined && to !== undefined && isSame(from, to))) return [];
    return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  }
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  const paths = keys.flatMap((key) =>
    changedPaths(a.get(key), b.get(key), path === '' ? key : `${path}.${key}`),
  );
  const moved = Array.isArray(from) && paths.length === 0 && [...a.keys()].join() !== [...b.keys()].join();
  return moved ? [{ path: `${path} (order)`, from: [...a.keys()], to: [...b.keys()] }] : paths;
};

/** Whatever order a store gave the keys back in. */
const isSame = (a: unknown, b: unknown): boolean =>
  canonicalJson(a as CanonicalValue) === canonicalJson(b as CanonicalValue);

/** The members of a mapping, or of a list whose items have names; nothing for any other value. */
const members = (value: unknown): Map<string, unknown> | undefined => {
  if (Array.isArray(value)) {
    const names = value.map((item: unknown) =>
      typeof item === 'object' && item !== null && 'name' in item ? String(item.name) : undefined,
    );
    if (value.length === 0 || names.includes(undefined) || new Set(names).size < names.length)
      return undefined;
    return new Map(value.map((item: unknown, index) => [names[index]!, item]));
  }
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
};
