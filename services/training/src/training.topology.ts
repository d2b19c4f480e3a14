/**
 * Training, read aloud:
 *
 *   registry.requests               -> toInputs   -> training.inputs     training.input.requested | cancellation-requested
 *   feature.datasets                -> toInputs   -> training.inputs     training.input.dataset-reported
 *   training.inputs                 -> onInput    -> training.runs       training.run.requested | started | completed | failed | cancelled | rejected
 *                                                                      training.trial.started | completed | failed
 *   feature.vectors.<service>       -> routeVectors -> training.inputs.<model>  training.vector.routed, for a model that learns online
 *   ingestion.observations.<label>  -> routeLabels  -> training.inputs.<model>  training.label.routed
 *   training.inputs.<model>         -> onLearnerInputs         the learner, with its snapshots
 *   a requested run of such a model -> cutLearner -> training.inputs     training.input.learner-cut, once its state is stored
 *   a started trial                 -> tryParameters -> training.inputs  training.input.trial-reported
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
  LearnerLabelRouted,
  LearnerVectorRouted,
  ObservationRecorded,
  TOPICS,
  TrainingInputCancellationRequested,
  TrainingInputDatasetReported,
  TrainingInputFitReported,
  TrainingInputLearnerCut,
  TrainingInputRequested,
  TrainingInputTrialReported,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunProgressed,
  TrainingRunRejected,
  TrainingRunRequested,
  TrainingRunStarted,
  TrainingTrialCompleted,
  TrainingTrialFailed,
  TrainingTrialStarted,
  VectorComputed,
  type Topology,
} from '#contracts';
import type { EventLog } from '#eventlog';
import type { Fit, FitTrial } from '#fit';
import type { Clock } from '#kernel';
import type { Logger, LogTransport, ServiceLog, Sleep, Worker } from '#runtime';
import { fitRun } from './effects/fit-run';
import { TrialRows, tryParameters } from './effects/try-parameters';
import { FitSupervisor } from './effects/fit-supervisor';
import { TrainingReports } from './effects/training-reports';
import { Decider } from './handlers/decider';
import { Learners } from './handlers/learners';
import { Router } from './handlers/router';

const RUN_FACTS = [
  TrainingRunRequested,
  TrainingRunStarted,
  TrainingTrialStarted,
  TrainingTrialCompleted,
  TrainingTrialFailed,
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
        TrainingInputLearnerCut,
        TrainingInputTrialReported,
        TrainingInputFitReported,
      ],
      by: 'onInput',
      gives: RUN_FACTS,
    },
    { on: [VectorComputed], by: 'routeVectors', gives: [LearnerVectorRouted] },
    { on: [ObservationRecorded], by: 'routeLabels', gives: [LearnerLabelRouted] },
    { on: [LearnerVectorRouted, LearnerLabelRouted], by: 'onLearnerInputs', gives: [] },
    { on: 'a requested run of an online learner', by: 'cutLearner', gives: [TrainingInputLearnerCut] },
    {
      on: 'a started trial',
      by: 'tryParameters',
      gives: [TrainingInputTrialReported, TrainingRunProgressed],
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
  readonly trial: FitTrial;
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
    ['learners', new Learners({ ...parts, work: () => decider.online() })],
    ['fits', fits(parts, decider)],
  ]);
};

const fits = (parts: TrainingParts, decider: Decider): Worker => {
  const reports = new TrainingReports(parts);
  const rows = new TrialRows();
  const supervisor = new FitSupervisor({
    ...parts,
    wanted: () => decider.work(),
    fit: async (work, signal) => {
      const watcher = { signal, onProgress: reports.progressOf(work) };
      if (work.trial) return reports.tried(await tryParameters(parts, rows, work, watcher));
      rows.forget(work.run);
      return reports.ended(await fitRun(parts, work.run, watcher));
    },
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
