/**
 * Feature, read aloud:
 *
 *   registry.definitions             -- control: feature services, compiled, by digest
 *   ingestion.observations.<trigger> -> onObservations -> feature.vectors.<service>   (one for each event, aligned with its partitions)
 *     (a revision that is not carried yet is warmed up beside it) -> WarmUpReports -> feature.revisions   feature.revision.warmed
 *   registry.requests                -> onRequests     -> feature.datasets            feature.dataset.built | failed
 *     (and the vectors and label observations up to the cut)
 *   feature.vectors.<service>        -> LatestVectors     what the doors answer from
 *   observations that are none                         -> feature.dead-letters
 *
 * Windows, aggregates and expressions are libs/features; the doors (http/) answer from the newest vector of each entity.
 * One runner for each feature service, made by the fleet as `registry.definitions` grows.
 */
import {
  DatasetBuilt,
  DatasetFailed,
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  ObservationRecorded,
  RevisionWarmed,
  TOPICS,
  TrainingRequested,
  VectorComputed,
  type Topology,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import { Fleet, type Logger, type LogTransport, type ServiceLog, type Sleep, type Worker } from '#runtime';
import { newest, servicesAfter, type Services } from '#folds';
import type { Clock } from '#kernel';
import type { DatasetPorts } from './effects/build-dataset';
import { onRequests } from './handlers/on-requests';
import { ServiceWorker } from './handlers/service-worker';
import { WarmUpReports } from './handlers/warm-up';

export const TOPOLOGY: Topology = {
  service: 'feature',
  control: [DefinitionApplied, DefinitionActivated, DefinitionRetired],
  roads: [
    { on: [ObservationRecorded], by: 'onObservations', gives: [VectorComputed] },
    { on: [ObservationRecorded], by: 'WarmUpReports', gives: [RevisionWarmed] },
    {
      on: [TrainingRequested],
      by: 'onRequests',
      looksUp: [VectorComputed, ObservationRecorded],
      gives: [DatasetBuilt, DatasetFailed],
    },
    { on: [VectorComputed], by: 'LatestVectors', gives: [] },
  ],
};

export const followServices = (serviceLog: ServiceLog): FollowedTopic<Services> =>
  serviceLog.followed<Services>(TOPICS.definitions, {
    initial: new Map(),
    evolve: servicesAfter,
  });

export interface FeatureParts extends DatasetPorts {
  readonly serviceLog: ServiceLog;
  readonly control: FollowedTopic<Services>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

export const featureFleet = (parts: FeatureParts): Fleet<Services> => {
  const { serviceLog, control, logger, transport } = parts;
  return new Fleet<Services>({
    control,
    logger,
    failed: (key, error) => transport.fail(key, error),
    desired: (services) => {
      const workers = new Map<string, () => Worker>();
      for (const service of services.values()) {
        workers.set(
          `${service.name}/${newest(service).compiled.trigger.stream}`,
          () => new ServiceWorker(service, control, serviceLog, new WarmUpReports(parts)),
        );
      }
      return workers;
    },
  });
};

/** Builds data sets; one partition, so one instance at a time. */
export const datasetWorker = (parts: FeatureParts): Worker => {
  const { serviceLog, control } = parts;
  const runner = serviceLog.runner({
    fold: onRequests<Services>({ ...parts, datasets: serviceLog.topic(TOPICS.datasets) }),
    source: TOPICS.requests,
    primary: TOPICS.datasets,
    control,
  });
  return {
    start: async () => {
      await serviceLog.ensureTopics([{ name: TOPICS.datasets, partitions: 1 }]);
      await serviceLog.awaitTopic(TOPICS.requests);
      await runner.start();
    },
    stop: () => runner.stop(),
    status: () => runner.status(),
  };
};
