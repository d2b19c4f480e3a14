import type { FactoryProvider } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import type { EventLog } from '#eventlog';
import type { Clock } from '#kernel';
import type { CommonConfig } from './config';
import { LogTransport } from './log-transport';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  METRICS,
  SLEEP,
  TRACING,
  type Sleep,
} from './ports';
import { ServiceLog } from './service-log';
import type { Tracing } from './tracing';

/** Binds `ServiceLog` to the ports; every service's module has it. */
export const provideServiceLog: FactoryProvider<ServiceLog> = {
  provide: ServiceLog,
  inject: [CONFIG, EVENT_LOG, ARTIFACT_STORE, CLOCK, SLEEP, LOGGER, METRICS, TRACING, LogTransport],
  useFactory: (
    config: CommonConfig,
    log: EventLog,
    artifacts: ArtifactStore,
    clock: Clock,
    sleep: Sleep,
    logger: Logger,
    metrics: Metrics,
    tracing: Tracing | undefined,
    transport: LogTransport,
  ) => new ServiceLog(config, { log, artifacts, clock, sleep, logger, metrics, tracing }, transport),
};
