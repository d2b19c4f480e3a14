import type { ArtifactStore } from '#artifacts';
import { untilAvailable } from '#eventlog';
import {
  assertLearnable,
  cancelledFit,
  codeVersion,
  readDataset,
  verifyModel,
  writeManifest,
  type Fit,
  type FittedRun,
} from '#fit';
import { PlatformError, messageOf, type Clock } from '#kernel';
import type { FitProgress, Task } from '#learn';
import type { Logger, Sleep } from '#runtime';
import type { FitReport, FittingRun } from '../domain/training-run';

export interface FitPorts {
  readonly artifacts: ArtifactStore;
  readonly fit: Fit;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

export interface FitWatcher {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FitProgress) => void;
}

/**
 * Fits a started run and stores its files before it says that they are there (law L7). Waits while the artifact store is away. Every
 * other failure is the run's outcome; rejects only with PLAYHEAD_LEARN_CANCELLED, once the signal is aborted.
 */
export const fitRun = async (ports: FitPorts, run: FittingRun, watcher: FitWatcher): Promise<FitReport> => {
  const { logger, clock, sleep } = ports;
  const { run: id, model } = run.request;
  const available = <T>(work: () => Promise<T>): Promise<T> =>
    untilAvailable(unlessCancelled(watcher.signal, work), sleep, (error) =>
      logger.warn({ run: id }, `${id} waits: ${error.message}`),
    );
  try {
    assertLearnable(run.request);
    logger.info(
      { run: id, model, train: run.dataset.train.rows, holdout: run.dataset.holdout.rows },
      `fitting ${id}`,
    );
    const started = clock.now();
    const fitted = await fitTwiceAtMost(ports, run, watcher, available);
    const seconds = (clock.now() - started) / 1_000;
    const runtime = {
      node: process.version,
      ...(await verifyModel(fitted, run.request.task as Task, run.dataset.features.length)),
    };
    const files = await available(async () => ({
      artifact: await ports.artifacts.put(fitted.onnx, { contentType: 'application/onnx' }),
      profile: await ports.artifacts.put(Buffer.from(fitted.profile), { contentType: 'application/json' }),
    }));
    const text = writeManifest(run, files, fitted.metrics, { code: codeVersion(), runtime });
    const manifest = await available(() =>
      ports.artifacts.put(Buffer.from(text), { contentType: 'application/json' }),
    );
    logger.info({ run: id, model, seconds, artifact: files.artifact }, `fitted ${id} in ${seconds} s`);
    return { run: id, outcome: 'completed', ...files, manifest, metrics: fitted.metrics, seconds };
  } catch (error) {
    if (watcher.signal.aborted) throw cancelledFit();
    logger.error({ run: id, err: error }, `${id} failed: ${messageOf(error)}`);
    const code = error instanceof PlatformError ? error.code : 'PLAYHEAD_DEFECT';
    return { run: id, outcome: 'failed', code, message: messageOf(error) };
  }
};

type Available = <T>(work: () => Promise<T>) => Promise<T>;

/** A thread that dies may have died of its neighbours' hunger: it gets a second chance, with the data read anew. */
const fitTwiceAtMost = async (
  { artifacts, fit, logger }: FitPorts,
  { request, dataset }: FittingRun,
  watcher: FitWatcher,
  available: Available,
): Promise<FittedRun> => {
  const attempt = async (): Promise<FittedRun> => {
    const parts = await available(() => readDataset(artifacts, dataset));
    const { task, trainer, seed, gates } = request;
    return fit({ request: { task, trainer, seed, gates }, features: dataset.features, ...parts }, watcher);
  };
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'PLAYHEAD_LEARN_CRASHED') throw error;
    logger.warn({ run: request.run }, `${request.run} is fitted once more: ${error.message}`);
    return attempt();
  }
};

const unlessCancelled =
  <T>(signal: AbortSignal, work: () => Promise<T>): (() => Promise<T>) =>
  () => {
    if (signal.aborted) return Promise.reject(cancelledFit());
    return work();
  };
