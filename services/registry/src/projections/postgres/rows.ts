import { In, type EntityManager } from 'typeorm';
import { aliasesOf, currentVersion, versionsOf, type RegistryState } from '../../domain/state';
import {
  definitionDocument,
  deploymentDocument,
  runDocument,
  saidOf,
  tagsOf,
  versionDocument,
} from '../documents';
import type { Touched } from '../touched';
import { AliasRow, DefinitionRow, DeploymentRow, RunRow, VersionRow } from './entities';

/** Writes the touched rows as they are in a state. Writing them twice gives the same. */
export const writeRows = async (
  manager: EntityManager,
  touched: Touched,
  state: RegistryState,
): Promise<void> => {
  const upsert = async <T extends object>(
    entity: new () => T,
    rows: readonly T[],
    keys: readonly string[],
  ): Promise<void> => {
    if (rows.length > 0) await manager.upsert(entity, rows as never, [...keys]);
  };
  await upsert(DefinitionRow, definitionRows(touched, state), ['kind', 'name', 'revision']);
  await upsert(RunRow, runRows(touched, state), ['run']);
  await upsert(VersionRow, versionRows(touched, state), ['model', 'version']);
  // An alias may be gone.
  if (touched.models.size > 0) await manager.delete(AliasRow, { model: In([...touched.models]) });
  await upsert(AliasRow, aliasRows(touched, state), ['model', 'alias']);
  await upsert(DeploymentRow, deploymentRows(touched, state), ['name']);
};

const definitionRows = ({ revisions }: Touched, state: RegistryState): DefinitionRow[] =>
  [...revisions].map((key) => {
    const definition = state.revisions.get(key)!;
    const { kind, name, revision } = definition;
    const newest = state.definitions.get(`${kind}/${name}`)!.revision === revision;
    return { kind, name, revision: Number(revision), newest, document: definitionDocument(definition) };
  });

const runRows = ({ runs }: Touched, state: RegistryState): RunRow[] =>
  [...runs].map((id) => {
    const run = state.runs.get(id)!;
    return {
      run: id,
      model: run.request.model,
      status: run.status,
      position: run.position,
      document: runDocument(run),
    };
  });

const versionRows = ({ models }: Touched, state: RegistryState): VersionRow[] =>
  [...models].flatMap((model) =>
    versionsOf(state, model).map((version) => ({
      model,
      version: version.version,
      passed: version.passed,
      tags: tagsOf(state, version),
      document: versionDocument(version, saidOf(state, version)),
    })),
  );

const aliasRows = ({ models }: Touched, state: RegistryState): AliasRow[] =>
  [...models].flatMap((model) =>
    aliasesOf(state, model).map((alias) => ({ model, alias: alias.alias, version: currentVersion(alias) })),
  );

const deploymentRows = ({ deployments }: Touched, state: RegistryState): DeploymentRow[] =>
  [...deployments].map((name) => {
    const deployment = state.deployments.get(name)!;
    return {
      name,
      model: deployment.fact.model,
      state: deployment.fact.state,
      document: deploymentDocument(deployment),
    };
  });
