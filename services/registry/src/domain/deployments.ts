import { monitorInForce } from '#contracts';
import { canonicalJson, type CanonicalValue } from '#kernel';
import type { OutcomeOf } from './outcomes';
import { applied, labelReference, serviceReference } from './references';
import { routingOf } from './rollouts/routes';
import { phaseOf, type RegistryState } from './state';

type Fact = OutcomeOf<'deployment-updated'>['fact'];

/** What should run, from the definitions and the aliases as they are: everything that serving and monitoring need. */
export const resolveDeployment = (state: RegistryState, name: string): Fact | undefined => {
  const deployment = applied(state, 'Deployment', name);
  const model = deployment && applied(state, 'Model', deployment.compiled.model);
  if (!deployment || !model) return undefined;
  const { alias, threshold, from, service, logging, bind } = deployment.compiled;
  const routing = routingOf(state, name, deployment.compiled);
  const champion = routing.routes.find(({ route }) => route === 'champion');
  const version = champion && state.versions.get(`${model.name}@${champion.version}`);
  return {
    deployment: name,
    revision: deployment.revision,
    definition: deployment.digest,
    model: model.name,
    alias,
    task: version?.task ?? model.compiled.task,
    service: version?.service ?? serviceReference(state, service),
    from,
    threshold,
    state: version ? 'active' : 'waiting',
    ...routing,
    ...(logging && { logging: { ...logging } }),
    ...(bind === undefined ? {} : { bind }),
    label: labelReference(state, model.compiled.label),
    monitor: monitorOf(state, name),
  };
};

const monitorOf = (state: RegistryState, deployment: string): Fact['monitor'] => {
  for (const { kind, name, revision, digest } of state.definitions.values()) {
    if (kind !== 'Monitor') continue;
    const { compiled } = applied(state, 'Monitor', name)!;
    if (compiled.deployment !== deployment) continue;
    return { name, revision, digest, ...monitorInForce(compiled) };
  }
  return null;
};

/** A fact for each deployment that is not as it was said last. */
export const deploymentUpdates = (state: RegistryState): OutcomeOf<'deployment-updated'>[] =>
  namesOf(state, 'Deployment').flatMap((name) => {
    const fact = resolveDeployment(state, name);
    const before = state.deployments.get(name)?.fact;
    return !fact || (before && same(before, fact)) ? [] : [{ type: 'deployment-updated' as const, fact }];
  });

/**
 * Revisions of feature services that nothing can need any more: not the newest, nor the newest that vectors carry, not read by the version that an alias names or would
 * name after a rollback, nor by one that a deployment answers with, nor by a model's newest version, and no run of theirs is under way.
 */
export const retirements = (state: RegistryState): OutcomeOf<'definition-retired'>[] => {
  const needed = neededRevisions(state);
  return namesOf(state, 'FeatureService').flatMap((name) => {
    const newest = Number(applied(state, 'FeatureService', name)!.revision);
    const revisions = Array.from({ length: newest }, (_, index) =>
      state.revisions.get(`FeatureService/${name}@${index + 1}`)!,
    );
    const carried = revisions.findLast((revision) => phaseOf(revision) === 'active');
    return revisions
      .slice(0, -1)
      .filter((known) => !known.retired && known !== carried && !needed.has(`${name}@${known.revision}`))
      .map(({ revision, digest }) => ({
        type: 'definition-retired' as const,
        fact: { kind: 'FeatureService' as const, name, revision, digest },
      }));
  });
};

const neededRevisions = (state: RegistryState): ReadonlySet<string> => {
  const needed = new Set<string>();
  for (const { model, history } of state.aliases.values()) {
    for (const version of history.slice(-2)) {
      const { service } = state.versions.get(`${model}@${version}`)!;
      needed.add(`${service.name}@${service.revision}`);
    }
  }
  for (const { fact } of state.deployments.values())
    for (const { revision } of fact.routes) needed.add(`${fact.service.name}@${revision}`);
  for (const [model, version] of state.latest.entries()) {
    const { service } = state.versions.get(`${model}@${version}`)!;
    needed.add(`${service.name}@${service.revision}`);
  }
  for (const run of state.runs.values()) {
    const { name, revision } = run.request.service;
    if (run.status === 'requested' || run.status === 'started') needed.add(`${name}@${revision}`);
  }
  return needed;
};

const namesOf = (state: RegistryState, wanted: string): string[] =>
  [...state.definitions.values()].filter(({ kind }) => kind === wanted).map(({ name }) => name);

const same = (a: Fact, b: Fact): boolean =>
  canonicalJson(a as CanonicalValue) === canonicalJson(b as CanonicalValue);
