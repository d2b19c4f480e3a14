import type { EventOf } from './define-event';
import type { DeploymentUpdated } from './events';

export type DeploymentFact = EventOf<typeof DeploymentUpdated>;
export type RouteFact = DeploymentFact['routes'][number];

/**
 * A deployment as it is, and as it was last while its champion read another revision of the feature service, newest first and one for
 * each revision: vectors that were made before a revision was carried are answered by the model that reads what they carry.
 */
export type DeploymentState = DeploymentFact & { readonly before?: readonly DeploymentFact[] };

/** All deployments as `registry.deployments` tells them: a pure fold over that topic, the control of serving and monitoring. */
export type Deployments = ReadonlyMap<string, DeploymentState>;

export const evolveDeployments = (deployments: Deployments, fact: DeploymentFact): Deployments => {
  const known: DeploymentState = deployments.get(fact.deployment) ?? fact;
  const { before = [], ...last } = known;
  const earlier = [last, ...before].filter((state, i, all) => {
    const revision = championOf(state)?.revision;
    const isFirst = all.findIndex((other) => championOf(other)?.revision === revision) === i;
    return revision !== undefined && revision !== championOf(fact)?.revision && isFirst;
  });
  return new Map(deployments).set(fact.deployment, earlier.length > 0 ? { ...fact, before: earlier } : fact);
};

/** The route that answers; undefined while no version stands under the deployment's alias. */
export const championOf = (deployment: DeploymentFact | undefined): RouteFact | undefined =>
  deployment?.routes.find(({ route }) => route === 'champion');
