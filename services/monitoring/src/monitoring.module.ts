import { Inject, Module } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { TOPICS, type Deployments } from '#contracts';
import { TopicFollower, type EventLog, type FollowedTopic, type LogRecord } from '#eventlog';
import type { Clock } from '#kernel';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LogTransport,
  SLEEP,
  ServiceLog,
  followDeployments,
  provideServiceLog,
  type Logger,
  type Sleep,
} from '#runtime';
import { ReferenceProfiles } from './effects/reference-profiles';
import { TopicCounts } from './effects/topic-counts';
import { DEPLOYMENTS, OverviewController } from './http/overview.controller';
import { PageController } from './http/page.controller';
import type { MonitoringConfig } from './monitoring.config';
import { decidingWorker, gatesWorker, monitoringFleet, type MonitoringParts } from './monitoring.topology';
import { Alerts } from './projections/alerts';
import { Reports } from './projections/reports';

@Module({
  controllers: [PageController, OverviewController],
  providers: [
    provideServiceLog,
    Reports,
    Alerts,
    { provide: DEPLOYMENTS, inject: [ServiceLog], useFactory: followDeployments },
    {
      provide: ReferenceProfiles,
      inject: [ARTIFACT_STORE, SLEEP, LOGGER],
      useFactory: (artifacts: ArtifactStore, sleep: Sleep, logger: Logger) =>
        new ReferenceProfiles({ artifacts, sleep, logger }),
    },
    {
      provide: TopicCounts,
      inject: [EVENT_LOG, CONFIG, CLOCK],
      useFactory: (log: EventLog, { namespace }: MonitoringConfig, clock: Clock) =>
        new TopicCounts({ log, namespace, clock }),
    },
  ],
})
export class MonitoringModule {
  constructor(
    @Inject(LogTransport) transport: LogTransport,
    @Inject(CONFIG) { instance, tickMs }: MonitoringConfig,
    @Inject(EVENT_LOG) log: EventLog,
    @Inject(CLOCK) clock: Clock,
    @Inject(SLEEP) sleep: Sleep,
    @Inject(LOGGER) logger: Logger,
    @Inject(DEPLOYMENTS) control: FollowedTopic<Deployments>,
    serviceLog: ServiceLog,
    profiles: ReferenceProfiles,
    reports: Reports,
    alerts: Alerts,
  ) {
    const parts: MonitoringParts = {
      log,
      serviceLog,
      control,
      profiles,
      clock,
      sleep,
      instance,
      tickMs,
      logger,
      transport,
    };
    const refused = (record: LogRecord, error: unknown): void =>
      logger.error(
        { topic: record.topic, offset: record.offset, err: error },
        'a fact cannot be shown and is passed over',
      );
    const follower = (name: string, view: Reports | Alerts): TopicFollower =>
      new TopicFollower({
        log,
        topic: serviceLog.topic(name),
        sleep,
        onRecords: (records) => view.onRecords(records, refused),
      });
    transport.add('log', serviceLog);
    transport.add('decisions', decidingWorker(parts));
    transport.add('gates', gatesWorker(parts));
    transport.add('deployments', monitoringFleet(parts));
    transport.add('reports', follower(TOPICS.reports, reports));
    transport.add('alerts', follower(TOPICS.alerts, alerts));
  }
}
