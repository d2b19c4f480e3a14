import type { ArtifactStore } from '#artifacts';
import {
  assertLearnable,
  cancelledFit,
  exportLearner,
  fieldsOf,
  judgedRequest,
  readDataset,
  storeRun,
  type Fit,
  type FittedRun,
} from '#fit';
import { PlatformError, messageOf, type Clock } from '#kernel';
import { isOnlineKind } from '#learn';
import type { Logger, Sleep } from '#runtime';
import type { FitReport, FittingRun } from '../domain/training-run';
import { onceMore, patiently, type FitWatcher, type Patiently } from './patience';

export interface FitPorts {
  readonly artifacts: ArtifactStore;
  readonly fit: Fit;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/**
 * Fits a started run and stores its files before it says that they are there (law L7). Waits while the artifact store is away. Every
 * other failure is the run's outcome; rejects only with PLAYHEAD_LEARN_CANCELLED, once the signal is aborted.
 */
export const fitRun = async (ports: FitPorts, run: FittingRun, watcher: FitWatcher): Promise<FitReport> => {
  const { logger, clock, artifacts } = ports;
  const { run: id, model } = run.request;
  const available = patiently(ports, id, watcher.signal);
  try {
    assertLearnable(run.request);
    logger.info(
      { run: id, model, train: run.dataset.train.rows, holdout: run.dataset.holdout.rows },
      `fitting ${id}`,
    );
    const started = clock.now();
    const fitted = await onceMore(logger, id, () => fitOnce(ports, run, watcher, available));
    const seconds = (clock.now() - started) / 1_000;
    const stored = await storeRun({ artifacts, available }, judgedAs(run), fitted, seconds);
    logger.info({ run: id, model, seconds, artifact: stored.artifact }, `fitted ${id} in ${seconds} s`);
    return { run: id, outcome: 'completed', ...stored, seconds };
  } catch (error) {
    if (watcher.signal.aborted) throw cancelledFit();
    logger.error({ run: id, err: error }, `${id} failed: ${messageOf(error)}`);
    const code = error instanceof PlatformError ? error.code : 'PLAYHEAD_DEFECT';
    const logs = await logsOf(error, artifacts, available);
    return { run: id, outcome: 'failed', code, message: messageOf(error), ...(logs && { logs }) };
  }
};

/** An online learner has learned from the rows that it is judged by, so it is not set beside another version on them. */
const judgedAs = (run: FittingRun): FittingRun => {
  if (!isOnlineKind(run.request.trainer.kind)) return run;
  const { against: _, ...request } = run.request;
  return { ...run, request };
};

/** Reads its data anew each time: a thread takes them for itself. */
const fitOnce = async (
  { artifacts, fit }: FitPorts,
  { request, dataset }: FittingRun,
  watcher: FitWatcher,
  available: Patiently,
): Promise<FittedRun> => {
  if (isOnlineKind(request.trainer.kind)) {
    const state = await available(() => artifacts.get(dataset.train.artifact));
    const { job, finish } = exportLearner(request, state);
    return finish(await fit(job, watcher));
  }
  const parts = await available(() => readDataset(artifacts, dataset, fieldsOf(request)));
  return fit({ request: judgedRequest(request), features: dataset.features, ...parts }, watcher);
};

/** What a program said before it failed, if one ran. */
const logsOf = async (
  error: unknown,
  artifacts: ArtifactStore,
  available: Patiently,
): Promise<string | undefined> => {
  const logs = error instanceof PlatformError ? error.details['logs'] : undefined;
  return typeof logs === 'string'
    ? available(() => artifacts.put(Buffer.from(logs), { contentType: 'text/plain' }))
    : undefined;
};
