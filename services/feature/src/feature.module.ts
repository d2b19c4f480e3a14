import { Inject, Module } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import type { EventLog, FollowedTopic } from '#eventlog';
import type { Clock } from '#kernel';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LatestVectors,
  LogTransport,
  METRICS,
  ReadModels,
  SLEEP,
  ServiceLog,
  provideServiceLog,
  type CommonConfig,
  type Logger,
  type Metrics,
  type Sleep,
} from '#runtime';
import type { Services } from '#folds';
import type { FeatureConfig } from './feature.config';
import { datasetWorker, featureFleet, followServices, type FeatureParts } from './feature.topology';
import { HistoricalFeaturesController } from './http/historical-features.controller';
import { OnlineFeaturesController, SERVICES } from './http/online-features.controller';
import { LatestParts } from './http/online/latest-parts';

@Module({
  controllers: [OnlineFeaturesController, HistoricalFeaturesController],
  providers: [
    provideServiceLog,
    { provide: SERVICES, inject: [ServiceLog], useFactory: followServices },
    {
      provide: LatestVectors,
      inject: [EVENT_LOG, CONFIG, SLEEP],
      useFactory: (log: EventLog, { namespace }: CommonConfig, sleep: Sleep) =>
        new LatestVectors({ log, namespace, sleep }),
    },
    {
      provide: LatestParts,
      inject: [EVENT_LOG, CONFIG, SLEEP],
      useFactory: (log: EventLog, { namespace }: CommonConfig, sleep: Sleep) =>
        new LatestParts({ log, namespace, sleep }),
    },
  ],
})
export class FeatureModule {
  constructor(
    @Inject(LogTransport) transport: LogTransport,
    @Inject(CONFIG) { namespace, alignWaitMs }: FeatureConfig,
    @Inject(EVENT_LOG) log: EventLog,
    @Inject(ARTIFACT_STORE) artifacts: ArtifactStore,
    @Inject(CLOCK) clock: Clock,
    @Inject(SLEEP) sleep: Sleep,
    @Inject(LOGGER) logger: Logger,
    @Inject(METRICS) metrics: Metrics,
    @Inject(SERVICES) control: FollowedTopic<Services>,
    serviceLog: ServiceLog,
    vectors: LatestVectors,
    latestParts: LatestParts,
    @Inject(ReadModels) models: ReadModels,
  ) {
    models.add(vectors, latestParts);
    const parts: FeatureParts = {
      log,
      artifacts,
      namespace,
      serviceLog,
      control,
      clock,
      sleep,
      logger,
      metrics,
      alignWaitMs,
      transport,
    };
    transport.add('latest vectors', { start: () => Promise.resolve(), stop: () => vectors.close() });
    transport.add('latest parts', { start: () => Promise.resolve(), stop: () => latestParts.close() });
    transport.add('log', serviceLog);
    transport.add('feature services', featureFleet(parts));
    transport.add('data sets', datasetWorker(parts));
  }
}
