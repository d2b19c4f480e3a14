import { DeploymentUpdated, TOPICS, decodeEvent, evolveDeployments, type Deployments } from '#contracts';
import type { FollowedTopic } from '#eventlog';
import type { ServiceLog } from './service-log';

/** The control topic of the folds that work for deployments. */
export const followDeployments = (serviceLog: ServiceLog): FollowedTopic<Deployments> =>
  serviceLog.followed<Deployments>(TOPICS.deployments, {
    initial: new Map(),
    evolve: (deployments, record) =>
      evolveDeployments(deployments, decodeEvent(DeploymentUpdated, record.value)),
  });
