import { statfs } from 'node:fs/promises';
import { Inject, Module } from '@nestjs/common';
import { TOPICS } from '#contracts';
import { SharedAppender, type EventLog, type FollowedTopic } from '#eventlog';
import type { Clock } from '#kernel';
import {
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LogTransport,
  METRICS,
  SLEEP,
  TRACING,
  ServiceLog,
  provideServiceLog,
  type Logger,
  type Metrics,
  type Sleep,
  type Tracing,
} from '#runtime';
import type { Streams } from './domain/streams';
import { INBOX_METRICS, InboxMeter } from './handlers/inbox-meter';
import { DeadLettersController } from './http/dead-letters.controller';
import { DiskGuard } from './http/disk-guard';
import { EventsController } from './http/events.controller';
import { Intake } from './http/intake';
import { KnownStreams } from './http/known-streams';
import { StreamsController } from './http/streams.controller';
import type { IngestionConfig } from './ingestion.config';
import { followStreams, ingestionFleet } from './ingestion.topology';

const STREAMS = Symbol('streams');

const freeBytes = async (path: string): Promise<number> => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

@Module({
  controllers: [EventsController, StreamsController, DeadLettersController],
  providers: [
    provideServiceLog,
    { provide: STREAMS, inject: [ServiceLog], useFactory: followStreams },
    { provide: InboxMeter, inject: [METRICS], useFactory: (metrics: Metrics) => new InboxMeter(metrics) },
    {
      provide: SharedAppender,
      inject: [EVENT_LOG, CONFIG],
      useFactory: (log: EventLog, { maxQueuedBytes }: IngestionConfig) =>
        new SharedAppender({ log, maxQueuedBytes }),
    },
    {
      provide: Intake,
      inject: [CONFIG, SharedAppender, TRACING],
      useFactory: ({ namespace }: IngestionConfig, appender: SharedAppender, tracing?: Tracing) =>
        new Intake(namespace, appender, tracing?.door),
    },
    {
      provide: DiskGuard,
      inject: [CONFIG, CLOCK],
      useFactory: ({ diskGuard }: IngestionConfig, clock: Clock) =>
        new DiskGuard({ ...diskGuard, freeBytes, clock }),
    },
    {
      provide: KnownStreams,
      inject: [STREAMS, EVENT_LOG, ServiceLog, SLEEP, LogTransport],
      useFactory: (
        control: FollowedTopic<Streams>,
        log: EventLog,
        serviceLog: ServiceLog,
        sleep: Sleep,
        transport: LogTransport,
      ) =>
        new KnownStreams({
          control,
          log,
          topic: serviceLog.topic(TOPICS.definitions),
          sleep,
          assertRunning: () => transport.assertRunning(),
        }),
    },
  ],
})
export class IngestionModule {
  constructor(
    @Inject(LogTransport) transport: LogTransport,
    @Inject(CONFIG) config: IngestionConfig,
    @Inject(EVENT_LOG) log: EventLog,
    @Inject(SLEEP) sleep: Sleep,
    @Inject(LOGGER) logger: Logger,
    @Inject(METRICS) metrics: Metrics,
    @Inject(STREAMS) control: FollowedTopic<Streams>,
    serviceLog: ServiceLog,
    meter: InboxMeter,
    appender: SharedAppender,
  ) {
    metrics.gauge(INBOX_METRICS.queue, () => appender.backlog);
    transport.add('door', {
      start: () => Promise.resolve(),
      stop: () => appender.close(),
      status: () => ({ queuedBytes: appender.backlog }),
    });
    transport.add('log', serviceLog);
    transport.add(
      'streams',
      ingestionFleet({ log, config, serviceLog, control, meter, sleep, logger, transport }),
    );
  }
}
