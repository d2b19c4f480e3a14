import { Inject, Module } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import type { EventLog } from '#eventlog';
import {
  fitByCommand,
  fitByKind,
  fitImported,
  fitInThread,
  trialByFit,
  trialByKind,
  trialInThread,
} from '#fit';
import type { Clock } from '#kernel';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LogTransport,
  ReadModels,
  SLEEP,
  ServiceLog,
  provideServiceLog,
  type Logger,
  type Sleep,
} from '#runtime';
import { RunsController } from './http/runs.controller';
import { RunList } from './projections/run-list';
import type { TrainingConfig } from './training.config';
import { trainingWorkers } from './training.topology';

@Module({
  controllers: [RunsController],
  providers: [
    provideServiceLog,
    {
      provide: RunList,
      inject: [EVENT_LOG, ServiceLog, SLEEP, LOGGER],
      useFactory: (log: EventLog, serviceLog: ServiceLog, sleep: Sleep, logger: Logger) =>
        new RunList({ log, serviceLog, sleep, logger }),
    },
  ],
})
export class TrainingModule {
  constructor(
    @Inject(LogTransport) transport: LogTransport,
    @Inject(CONFIG) { workers, commandTrainers }: TrainingConfig,
    @Inject(EVENT_LOG) log: EventLog,
    @Inject(ARTIFACT_STORE) artifacts: ArtifactStore,
    @Inject(CLOCK) clock: Clock,
    @Inject(SLEEP) sleep: Sleep,
    @Inject(LOGGER) logger: Logger,
    serviceLog: ServiceLog,
    runs: RunList,
    @Inject(ReadModels) models: ReadModels,
  ) {
    transport.add('log', serviceLog);
    transport.add('run list', runs);
    models.add(runs);
    const learn = fitInThread();
    const command = fitByCommand({ judge: learn, allowed: commandTrainers });
    const parts = {
      log,
      serviceLog,
      artifacts,
      clock,
      sleep,
      logger,
      transport,
      workers,
      fit: fitByKind({ learn, command, imported: fitImported({ judge: learn, artifacts }) }),
      trial: trialByKind({ learn: trialInThread(), command: trialByFit(command) }),
    };
    for (const [name, worker] of trainingWorkers(parts)) transport.add(name, worker);
  }
}
