import type { Provider, Type } from '@nestjs/common';
import type { EventLog } from '#eventlog';
import type { Clock } from '#kernel';
import {
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LogTransport,
  ReadModels,
  SLEEP,
  ServiceLog,
  type Logger,
  type Sleep,
} from '#runtime';
import { RegistryView } from '../projections/registry-view';
import type { RegistryConfig } from '../registry.config';
import { Catalog } from './catalog';
import { ArtifactsController } from './http/artifacts.controller';
import { ExperimentsController } from './http/experiments.controller';
import { LoggedModelsController } from './http/logged-models.controller';
import { ModelVersionsController } from './http/model-versions.controller';
import { RegisteredModelsController } from './http/registered-models.controller';
import { RunViewsController } from './http/run-views.controller';
import { TrackedRunsController } from './http/runs.controller';
import { ServerController } from './http/server.controller';
import { TrackingLog } from './tracking-log';

/** The doors of MLflow's REST API; what they know comes from `registry.tracking` and from the registry's own state. */
export const MLFLOW_CONTROLLERS: Type[] = [
  ExperimentsController,
  TrackedRunsController,
  RunViewsController,
  LoggedModelsController,
  RegisteredModelsController,
  ModelVersionsController,
  ArtifactsController,
  ServerController,
];

export const MLFLOW_PROVIDERS: Provider[] = [
  {
    provide: TrackingLog,
    inject: [CONFIG, EVENT_LOG, ServiceLog, CLOCK, SLEEP, LOGGER, LogTransport, ReadModels],
    useFactory: (
      { patienceMs, instance }: RegistryConfig,
      log: EventLog,
      serviceLog: ServiceLog,
      clock: Clock,
      sleep: Sleep,
      logger: Logger,
      transport: LogTransport,
      models: ReadModels,
    ) => {
      const tracking = new TrackingLog({ log, serviceLog, clock, sleep, logger, patienceMs, instance });
      transport.add('tracking', tracking);
      models.add(tracking);
      return tracking;
    },
  },
  {
    provide: Catalog,
    inject: [TrackingLog, RegistryView],
    useFactory: (tracking: TrackingLog, view: RegistryView) => new Catalog(tracking, view),
  },
];
