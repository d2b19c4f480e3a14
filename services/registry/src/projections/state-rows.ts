import type { StateRow } from '#runtime';
import type { RegistryState } from '../domain/state';
import { definitionDocument, deploymentDocument, saidOf, runDocument, versionDocument } from './documents';

/** All that doors answer from, as rows. */
export function* stateRows(state: RegistryState): Iterable<StateRow> {
  for (const definition of state.revisions.values())
    yield [
      `definition/${definition.kind}/${definition.name}@${definition.revision}`,
      definitionDocument(definition),
    ];
  for (const run of state.runs.values()) yield [`run/${run.run}`, runDocument(run)];
  for (const version of state.versions.values())
    yield [`version/${version.model}@${version.version}`, versionDocument(version, saidOf(state, version))];
  for (const { model, alias, history } of state.aliases.values()) yield [`alias/${model}@${alias}`, history];
  for (const [key, note] of state.notes.entries()) yield [`note/${key}`, note];
  for (const deployment of state.deployments.values())
    yield [`deployment/${deployment.fact.deployment}`, deploymentDocument(deployment)];
  for (const [name, rollout] of state.rollouts.entries()) yield [`rollout/${name}`, rollout];
  for (const [name, experiment] of state.experiments.entries()) yield [`experiment/${name}`, experiment];
  for (const [id, replay] of state.replays.entries()) yield [`replay/${id}`, replay];
  for (const [request, { refused }] of state.requests.entries())
    yield [`request/${request}`, refused ?? null];
}
