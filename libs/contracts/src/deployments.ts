import type { EventOf } from './define-event';
import type { DeploymentUpdated } from './events';

export type DeploymentFact = EventOf<typeof DeploymentUpdated>;
export type RouteFact = DeploymentFact['routes'][number];

/** All deployments as `registry.deployments` tells them: a pure fold over that topic, the control of serving and monitoring. */
export type Deployments = ReadonlyMap<string, DeploymentFact>;

export const evolveDeployments = (deployments: Deployments, fact: DeploymentFact): Deployments =>
  new Map(deployments).set(fact.deployment, fact);

/** The route that answers; undefined while no version stands under the deployment's alias. */
export const championOf = (deployment: DeploymentFact | undefined): RouteFact | undefined =>
  deployment?.routes.find(({ route }) => route === 'champion');
