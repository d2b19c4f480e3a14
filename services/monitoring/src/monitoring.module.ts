import { Inject, Module } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { TOPICS, unqualify, type Deployments } from '#contracts';
import type { EventLog, FollowedTopic, LogRecord } from '#eventlog';
import type { Clock } from '#kernel';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  FollowedView,
  LOGGER,
  LogTransport,
  ReadModels,
  SLEEP,
  ServiceLog,
  followDeployments,
  provideServiceLog,
  type Logger,
  type Sleep,
  type View,
} from '#runtime';
import { FirstEvents } from './effects/first-events';
import { ReferenceProfiles } from './effects/reference-profiles';
import { TopicCounts } from './effects/topic-counts';
import { LiveFeed } from './effects/live/live-feed';
import { ConsoleController } from './http/console.controller';
import { DEPLOYMENTS } from './http/deployments-in-force';
import { DistributionsController } from './http/distributions.controller';
import { LiveController } from './http/live.controller';
import { OverviewController } from './http/overview.controller';
import { RejectionsController } from './http/rejections.controller';
import { TimelineController } from './http/timeline.controller';
import type { MonitoringConfig } from './monitoring.config';
import { ALERTING_CONTROLLERS, ALERTING_PROVIDERS } from './notifications/alerting';
import { ReplayJobs } from './replays/replay-jobs';
import { ReplaysController } from './replays/replays.controller';
import {
  decidingWorker,
  gatesWorker,
  monitoringFleet,
  notifierWorker,
  rolloutsWorker,
  statusWorker,
  type MonitoringParts,
} from './monitoring.topology';
import { Alerts } from './projections/alerts';
import { Reports } from './projections/reports';
import { TIMELINE_TOPICS } from './projections/timeline/entry-of';
import { Timeline } from './projections/timeline/timeline';
import { WindowCounts } from './projections/window-counts';

@Module({
  controllers: [
    ConsoleController,
    OverviewController,
    ...ALERTING_CONTROLLERS,
    LiveController,
    RejectionsController,
    DistributionsController,
    ReplaysController,
    TimelineController,
  ],
  providers: [
    provideServiceLog,
    Reports,
    Alerts,
    WindowCounts,
    ...ALERTING_PROVIDERS,
    { provide: DEPLOYMENTS, inject: [ServiceLog], useFactory: followDeployments },
    {
      provide: Timeline,
      inject: [CONFIG],
      useFactory: ({ namespace }: MonitoringConfig) => new Timeline((topic) => unqualify(namespace, topic)),
    },
    {
      provide: FirstEvents,
      inject: [EVENT_LOG, ServiceLog],
      useFactory: (log: EventLog, serviceLog: ServiceLog) =>
        new FirstEvents({ log, qualified: (topic) => serviceLog.topic(topic) }),
    },
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
    {
      provide: LiveFeed,
      inject: [EVENT_LOG, CONFIG, CLOCK, SLEEP, LOGGER, TopicCounts, DEPLOYMENTS],
      useFactory: (
        log: EventLog,
        { namespace }: MonitoringConfig,
        clock: Clock,
        sleep: Sleep,
        logger: Logger,
        counts: TopicCounts,
        deployments: FollowedTopic<Deployments>,
      ) => new LiveFeed({ log, namespace, clock, sleep, logger, counts, deployments }),
    },
    {
      provide: ReplayJobs,
      inject: [CONFIG, EVENT_LOG, ServiceLog, CLOCK, SLEEP, LOGGER],
      useFactory: (
        { replays, namespace, brokers, s3, artifactDirectory }: MonitoringConfig,
        log: EventLog,
        serviceLog: ServiceLog,
        clock: Clock,
        sleep: Sleep,
        logger: Logger,
      ) => {
        const store = s3 ? { s3 } : { directory: artifactDirectory };
        const place = { namespace, brokers, store };
        return new ReplayJobs({ ...replays, place, log, serviceLog, clock, sleep, logger });
      },
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
    windows: WindowCounts,
    replays: ReplayJobs,
    @Inject(Timeline) timeline: Timeline,
    @Inject(ReadModels) models: ReadModels,
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
    const followed = <V extends Reports | Alerts | WindowCounts | Timeline>(
      name: string,
      view: V & View<V>,
      empty: () => V,
      topics: readonly string[] = [name],
    ) =>
      new FollowedView<V & View<V>>({
        name,
        log,
        topics: topics.map((topic) => serviceLog.topic(topic)),
        sleep,
        view,
        apply: (each, records) => each.onRecords(records, refused),
        empty: () => empty() as V & View<V>,
      });
    const reportList = followed(TOPICS.reports, reports, () => new Reports());
    const alertList = followed(TOPICS.alerts, alerts, () => new Alerts());
    const windowCounts = followed(TOPICS.monitoringInputs, windows, () => new WindowCounts());
    const decisions = followed('timeline', timeline, () => timeline.another(), TIMELINE_TOPICS);
    models.add(reportList, alertList, windowCounts, decisions);
    transport.add('log', serviceLog);
    transport.add('decisions', decidingWorker(parts));
    transport.add('gates', gatesWorker(parts));
    transport.add('rollouts', rolloutsWorker(parts));
    transport.add('notifier', notifierWorker(parts));
    transport.add('routes', statusWorker(parts));
    transport.add('deployments', monitoringFleet(parts));
    transport.add('replays', replays);
    transport.add('reports', reportList);
    transport.add('alerts', alertList);
    transport.add('windows', windowCounts);
    transport.add('timeline', decisions);
  }
}
