import { murmur2 } from '#kernel';
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

/** Percent of the entities that a route answers. */
export const shareOf = (deployment: DeploymentFact, route: RouteFact): number =>
  route.route === 'champion'
    ? 100 - deployment.routes.reduce((sum, other) => sum + (other === route ? 0 : (other.share ?? 0)), 0)
    : (route.share ?? 0);

/** Hundredths of a percent. */
const BUCKETS = 10_000;

/**
 * Who answers an entity: murmur2 of `<salt>/<key>` gives it one of 10,000 places; routes with a share take them one after the other in the order of the
 * fact, the champion takes the rest. The same on the stream, at the doors and in replay, on whatever instance; who is in a share of 5 % is
 * in it at 25 %. Undefined while nobody answers.
 */
export const assignRoute = (deployment: DeploymentFact, key: string): RouteFact | undefined => {
  const champion = championOf(deployment);
  if (!deployment.routes.some((route) => route !== champion && (route.share ?? 0) > 0)) return champion;
  const place = (murmur2(Buffer.from(`${deployment.salt ?? deployment.deployment}/${key}`)) >>> 0) % BUCKETS;
  let taken = 0;
  for (const route of deployment.routes) {
    if (route === champion) continue;
    taken += Math.round((route.share ?? 0) * (BUCKETS / 100));
    if (place < taken) return route;
  }
  return champion;
};

/** The route that answers beside, unseen. */
export const shadowOf = (deployment: DeploymentFact | undefined): RouteFact | undefined =>
  deployment?.routes.find(({ route }) => route === 'shadow');

/** The rollout or bandit that the predictions of a deployment are part of: the input that began the one, the salt of the other. */
export const trialOf = ({ rollout, bandit, salt }: DeploymentFact): string | undefined =>
  rollout?.began ?? (bandit && salt);
