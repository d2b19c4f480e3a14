/**
 * Feature, read aloud:
 *
 *   registry.definitions             -- control: feature services, compiled, by digest
 *   ingestion.observations.<trigger> -> onObservations -> feature.vectors.<service>   (one for each event, aligned with its partitions)
 *     (a revision that is not carried yet is warmed up beside it) -> WarmUpReports -> feature.revisions   feature.revision.warmed
 *   ingestion.observations.<s>       -> onSource       -> feature.inputs.<service>.<entity>   (the order that a stage folds, recorded)
 *   feature.inputs.<service>.<entity> -> onInputs      -> feature.parts.<service>     feature.part.computed | failed
 *                                                         (one for each event of the trigger, in its partition; PartsGate gathers them)
 *   registry.requests                -> onRequests     -> feature.datasets            feature.dataset.built | failed
 *     (and the vectors and label observations up to the cut)
 *   feature.vectors.<service>        -> LatestVectors     what the doors answer from
 *   observations that are none                         -> feature.dead-letters
 *
 * Windows, aggregates and expressions are libs/features; the doors (http/) answer from the newest vector of each entity.
 * One runner for each feature service, made by the fleet as `registry.definitions` grows. A service with views of another stream or entity
 * than its trigger's also has a stage for each entity: a router for each stream, and the fold of what they brought together. Its vectors
 * wait for the parts of their trigger and come out in the order of the triggers.
 */
import {
  DatasetBuilt,
  DatasetFailed,
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  InputRouted,
  ObservationRecorded,
  PartComputed,
  PartFailed,
  RevisionWarmed,
  TOPICS,
  TrainingRequested,
  VectorComputed,
  type Topology,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import {
  Fleet,
  type Logger,
  type LogTransport,
  type Metrics,
  type ServiceLog,
  type Sleep,
  type Worker,
} from '#runtime';
import { newest, servicesAfter, type Services } from '#folds';
import type { Clock } from '#kernel';
import type { DatasetPorts } from '#replay';
import { onRequests } from './handlers/on-requests';
import { ServiceWorker, hasStages } from './handlers/service-worker';
import { StageMeter } from './handlers/stage-meter';
import { StageWorker, stagePlansOf } from './handlers/stage-worker';
import { WarmUpReports } from './handlers/warm-up';

export const TOPOLOGY: Topology = {
  service: 'feature',
  control: [DefinitionApplied, DefinitionActivated, DefinitionRetired],
  roads: [
    { on: [ObservationRecorded, PartComputed, PartFailed], by: 'onObservations', gives: [VectorComputed] },
    { on: [ObservationRecorded], by: 'onSource', gives: [InputRouted, PartFailed] },
    { on: [InputRouted], by: 'onInputs', gives: [PartComputed, PartFailed] },
    { on: [ObservationRecorded, InputRouted], by: 'WarmUpReports', gives: [RevisionWarmed] },
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
  /** `FeatureConfig.alignWaitMs`; ten seconds by default. */
  readonly alignWaitMs?: number;
  readonly metrics: Metrics;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

export const featureFleet = (parts: FeatureParts): Fleet<Services> => {
  const { log, serviceLog, control, logger, transport } = parts;
  const meter = new StageMeter(parts.metrics);
  return new Fleet<Services>({
    control,
    logger,
    failed: (key, error) => transport.fail(key, error),
    desired: (services) => {
      const workers = new Map<string, () => Worker>();
      for (const service of services.values()) {
        const { name } = service;
        workers.set(
          `${name}/${newest(service).compiled.trigger.stream}${hasStages(service) ? '/gathered' : ''}`,
          () => new ServiceWorker(service, control, serviceLog, log, new WarmUpReports(parts)),
        );
        for (const plan of stagePlansOf(service))
          workers.set(
            `${name}/${plan.entity}/${plan.streams.join('+')}`,
            () => new StageWorker(service, plan, { ...parts, meter }, new WarmUpReports(parts)),
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
