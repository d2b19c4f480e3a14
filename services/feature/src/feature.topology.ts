/**
 * Feature, read aloud:
 *
 *   registry.definitions             -- control: feature services, compiled, by digest
 *   ingestion.observations.<trigger> -> onObservations -> feature.vectors.<service>   (one for each event, aligned with its partitions)
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
  DefinitionApplied,
  ObservationRecorded,
  TOPICS,
  TrainingRequested,
  VectorComputed,
  decodeEvent,
  type Topology,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import { Fleet, type Logger, type LogTransport, type ServiceLog, type Sleep, type Worker } from '#runtime';
import { evolveServices, newest, type Services } from '#folds';
import type { DatasetPorts } from './effects/build-dataset';
import { onRequests } from './handlers/on-requests';
import { ServiceWorker } from './handlers/service-worker';

export const TOPOLOGY: Topology = {
  service: 'feature',
  control: [DefinitionApplied],
  roads: [
    { on: [ObservationRecorded], by: 'onObservations', gives: [VectorComputed] },
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
    evolve: (services, record) => evolveServices(services, decodeEvent(DefinitionApplied, record.value)),
  });

export interface FeatureParts extends DatasetPorts {
  readonly serviceLog: ServiceLog;
  readonly control: FollowedTopic<Services>;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

export const featureFleet = ({ serviceLog, control, logger, transport }: FeatureParts): Fleet<Services> =>
  new Fleet<Services>({
    control,
    logger,
    failed: (key, error) => transport.fail(key, error),
    desired: (services) => {
      const workers = new Map<string, () => Worker>();
      for (const service of services.values()) {
        workers.set(
          `${service.name}/${newest(service).compiled.trigger.stream}`,
          () => new ServiceWorker(service, control, serviceLog),
        );
      }
      return workers;
    },
  });

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
