/**
 * Serving, read aloud:
 *
 *   registry.deployments            -- control: which version answers on which route, by digest
 *   feature.vectors.<service>       -> onVectors  -> serving.predictions.<deployment>   (one for each vector, aligned with its partitions)
 *                                                 -> serving.shadows.<deployment>       (where it has a shadow)
 *                                                 -> serving.status                     serving.routes.taken
 *   any bound topic                 -> onRequests -> serving.answers.<deployment>       (one for each record, aligned with its partitions)
 *   where a deployment begins       -> ServingStatus -> serving.status                   serving.deployment.started
 *   every ten seconds               -> ServingStatus -> serving.status                   serving.interval.reported
 *   feature.vectors.<service>       -> LatestVectors    what the doors look entities up in
 *   registry.models                 -> ServedModels     versions that the doors are asked for by number or by the model's name
 *   a door has answered             -> AnsweredRequests -> serving.requests.<deployment>   serving.request.answered, where the deployment says so
 *   registry.definitions, ingestion.observations.<trigger>, feature.inputs.<service>.<entity>
 *                                   -> EventFeatures    what the doors answer events from; read-only, begun by the first one
 *   vectors that break their contract             -> serving.dead-letters
 *
 * One runner for each deployment that has had a champion, and one for its bound topic, made by the fleet as `registry.deployments` grows.
 */
import {
  AliasAssigned,
  DefinitionApplied,
  DeploymentStarted,
  DeploymentUpdated,
  InputRouted,
  IntervalReported,
  ModelVersionRegistered,
  ModelVersionReviewed,
  ObservationRecorded,
  PredictionMade,
  RequestAnswered,
  RoutesTaken,
  ShadowMade,
  TopicAnswered,
  VectorComputed,
  championOf,
  shadowOf,
  type DeploymentFact,
  type Deployments,
  type Topology,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import { Fleet, type Logger, type LogTransport, type ServiceLog, type Worker } from '#runtime';
import type { ModelShelf } from '#folds';
import type { ServingStatus } from './effects/serving-status';
import { BoundWorker } from './handlers/bound-worker';
import { DeploymentWorker } from './handlers/deployment-worker';

export const TOPOLOGY: Topology = {
  service: 'serving',
  control: [DeploymentUpdated],
  roads: [
    { on: [VectorComputed], by: 'onVectors', gives: [PredictionMade, ShadowMade, RoutesTaken] },
    {
      on: 'a deployment begins',
      by: 'ServingStatus',
      looksUp: [DeploymentStarted],
      gives: [DeploymentStarted],
    },
    { on: 'a record of a bound topic', by: 'onRequests', gives: [TopicAnswered] },
    { on: 'every ten seconds', by: 'ServingStatus', gives: [IntervalReported] },
    { on: [VectorComputed], by: 'LatestVectors', gives: [] },
    { on: [ModelVersionRegistered, ModelVersionReviewed, AliasAssigned], by: 'ServedModels', gives: [] },
    { on: 'a door has answered', by: 'AnsweredRequests', gives: [RequestAnswered] },
    {
      on: [DefinitionApplied, ObservationRecorded, InputRouted],
      by: 'EventFeatures',
      looksUp: [VectorComputed],
      gives: [],
    },
  ],
};

export interface ServingParts {
  readonly serviceLog: ServiceLog;
  readonly shelf: ModelShelf;
  readonly status: ServingStatus;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

export const servingFleet = (
  control: FollowedTopic<Deployments>,
  { serviceLog, shelf, status, logger, transport }: ServingParts,
): Fleet<Deployments> =>
  new Fleet<Deployments>({
    control,
    logger,
    failed: (key, error) => transport.fail(key, error),
    desired: (deployments) => {
      const workers = new Map<string, () => Worker>();
      for (const deployment of deployments.values()) {
        if (!championOf(deployment)) continue;
        workers.set(
          workerKey(deployment),
          () => new DeploymentWorker({ deployment, control, serviceLog, shelf, status, logger }),
        );
        const { bind: topic } = deployment;
        if (topic !== undefined)
          workers.set(
            `${deployment.deployment} bound to ${topic}`,
            () => new BoundWorker({ deployment, topic, control, serviceLog, shelf, status, logger }),
          );
      }
      return workers;
    },
  });

/** With a shadow there is one more output that resumes with the others. */
const workerKey = (deployment: DeploymentFact): string =>
  [deployment.deployment, deployment.service.name, ...(shadowOf(deployment) ? ['shadow'] : [])].join('/');
