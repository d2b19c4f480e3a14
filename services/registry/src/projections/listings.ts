import { versionsOf, type RegistryState } from '../domain/state';
import { matchesVersion } from './search/match-version';
import type { VersionQuery } from './search/version-query';
import {
  tagsOf,
  definitionDocument,
  deploymentDocument,
  saidOf,
  runDocument,
  versionDocument,
  type DefinitionDocument,
  type DeploymentDocument,
  type RunDocument,
  type VersionDocument,
} from './documents';

export interface DefinitionQuery {
  readonly kind?: string;
  /** Part of a name, case aside. */
  readonly search?: string;
}

export interface RunQuery {
  readonly model?: string;
  readonly status?: string;
  readonly limit: number;
}

/** Lists and search. Two adapters answer alike: the fold in memory, and Postgres. */
export interface Listings {
  /** Newest revisions, by kind and name. */
  definitions(query: DefinitionQuery): Promise<DefinitionDocument[]>;
  /** Newest first. */
  runs(query: RunQuery): Promise<RunDocument[]>;
  /** 1 to n. */
  versions(model: string): Promise<VersionDocument[]>;
  deployments(): Promise<DeploymentDocument[]>;
  /** Versions of all models by model, the newest first. */
  search(query: VersionQuery): Promise<VersionDocument[]>;
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lists from a state: what is answered as of an earlier position, and while Postgres is away or behind. */
export const stateListings = (state: RegistryState): Listings => ({
  definitions: ({ kind, search }) =>
    Promise.resolve(
      [...state.definitions.values()]
        .filter((definition) => kind === undefined || definition.kind === kind)
        .filter(({ name }) => search === undefined || name.toLowerCase().includes(search.toLowerCase()))
        .sort((a, b) => byText(a.kind, b.kind) || byText(a.name, b.name))
        .map(definitionDocument),
    ),
  runs: ({ model, status, limit }) =>
    Promise.resolve(
      [...state.runs.values()]
        .filter((run) => model === undefined || run.request.model === model)
        .filter((run) => status === undefined || run.status === status)
        .sort((a, b) => b.position - a.position)
        .slice(0, limit)
        .map(runDocument),
    ),
  versions: (model) =>
    Promise.resolve(
      versionsOf(state, model).map((version) => versionDocument(version, saidOf(state, version))),
    ),
  deployments: () =>
    Promise.resolve(
      [...state.deployments.values()]
        .sort((a, b) => byText(a.fact.deployment, b.fact.deployment))
        .map(deploymentDocument),
    ),
  search: (query) =>
    Promise.resolve(
      [...state.versions.values()]
        .sort((a, b) => byText(a.model, b.model) || b.version - a.version)
        .map((version) => versionDocument(version, saidOf(state, version)))
        .filter((version) => matchesVersion(version, tagsOf(state, version), query))
        .slice(0, query.limit),
    ),
});
