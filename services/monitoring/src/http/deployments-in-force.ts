/** Token of what runs where: `FollowedTopic<Deployments>`. */
export const DEPLOYMENTS = Symbol('deployments');
