/**
 * Training, read aloud:
 *
 *   registry.requests               -> toInputs   -> training.inputs     training.input.requested | cancellation-requested
 *   feature.datasets                -> toInputs   -> training.inputs     training.input.dataset-reported
 *   training.inputs                 -> onInput    -> training.runs       training.run.requested | started | completed | failed | cancelled | rejected
 *   a started run                   -> fitRun     -> training.inputs     training.input.fit-reported, once model, profile and manifest are stored
 *   while it is fitted              ->               training.progress   training.run.progressed
 *   training.runs, training.progress -> RunList             every instance, in memory: what the doors answer from
 *   records that break their contract             -> training.dead-letters
 *
 * All decisions come from folding `training.inputs` alone: `domain/training-run.ts`. Every topic here has one partition; the
 * instance that owns it fits.
 */
import type { ArtifactStore } from '#artifacts';
import {
  CancellationRequested,
  DatasetBuilt,
  DatasetFailed,
  TOPICS,
  TrainingInputCancellationRequested,
  TrainingInputDatasetReported,
  TrainingInputFitReported,
  TrainingInputRequested,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunProgressed,
  TrainingRunRejected,
  TrainingRunRequested,
  TrainingRunStarted,
  type Topology,
} from '#contracts';
import type { EventLog } from '#eventlog';
import type { Fit } from '#fit';
import type { Clock } from '#kernel';
import type { Logger, LogTransport, ServiceLog, Sleep, Worker } from '#runtime';
import { fitRun } from './effects/fit-run';
import { FitSupervisor } from './effects/fit-supervisor';
import { TrainingReports } from './effects/training-reports';
import { Decider } from './handlers/decider';
import { Router } from './handlers/router';

const RUN_FACTS = [
  TrainingRunRequested,
  TrainingRunStarted,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunCancelled,
  TrainingRunRejected,
];

export const TOPOLOGY: Topology = {
  service: 'training',
  control: [],
  roads: [
    {
      on: [TrainingRequested, CancellationRequested],
      by: 'toInputs',
      gives: [TrainingInputRequested, TrainingInputCancellationRequested],
    },
    { on: [DatasetBuilt, DatasetFailed], by: 'toInputs', gives: [TrainingInputDatasetReported] },
    {
      on: [
        TrainingInputRequested,
        TrainingInputCancellationRequested,
        TrainingInputDatasetReported,
        TrainingInputFitReported,
      ],
      by: 'onInput',
      gives: RUN_FACTS,
    },
    { on: 'a started run', by: 'fitRun', gives: [TrainingInputFitReported, TrainingRunProgressed] },
    { on: [...RUN_FACTS, TrainingRunProgressed], by: 'RunList', gives: [] },
  ],
};

export interface TrainingParts {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
  readonly fit: Fit;
  /** Most fits at once. */
  readonly workers: number;
}

/** The workers of training by name, in the order in which they start. */
export const trainingWorkers = (parts: TrainingParts): ReadonlyMap<string, Worker> => {
  const decider = new Decider(parts.serviceLog);
  return new Map<string, Worker>([
    ['runs', decider],
    ['requests', new Router(TOPICS.requests, parts)],
    ['data sets', new Router(TOPICS.datasets, parts)],
    ['fits', fits(parts, decider)],
  ]);
};

const fits = (parts: TrainingParts, decider: Decider): Worker => {
  const reports = new TrainingReports(parts);
  const supervisor = new FitSupervisor({
    ...parts,
    fitting: () => decider.fitting(),
    fit: async (run, signal) =>
      reports.ended(await fitRun(parts, run, { signal, onProgress: reports.progressOf(run.request) })),
  });
  return {
    start: () => supervisor.start(),
    stop: async () => {
      await supervisor.stop();
      await reports.close();
    },
    status: () => supervisor.status(),
  };
};
