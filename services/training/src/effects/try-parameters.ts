import type { ArtifactStore } from '#artifacts';
import { cancelledFit, fieldsOf, judgedRequest, readDataset, type FitTrial, type Part } from '#fit';
import { PlatformError, messageOf, type Clock } from '#kernel';
import { allot, type MetricName } from '#learn';
import type { Logger, Sleep } from '#runtime';
import type { TrialReport } from '../domain/run-search';
import type { Work } from '../domain/training-runs';
import type { SearchingRun } from '../domain/training-run';
import { describeTrial } from '../domain/trial-facts';
import { onceMore, patiently, type FitWatcher } from './patience';

type Trial = Extract<Work, { readonly run: SearchingRun }>;

export interface TrialPorts {
  readonly artifacts: Pick<ArtifactStore, 'getToFile'>;
  readonly trial: FitTrial;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** The rows that trials learn from, kept while a search goes on: those of the run that was asked for last. */
export class TrialRows {
  private of: { readonly digest: string; readonly rows: Promise<Part> } | undefined;

  read(artifacts: TrialPorts['artifacts'], { request, dataset }: SearchingRun): Promise<Part> {
    const digest = dataset.train.artifact;
    if (this.of?.digest === digest) return this.of.rows;
    const rows = readDataset(artifacts, dataset, fieldsOf(request)).then(({ train }) => train);
    const kept = { digest, rows };
    this.of = kept;
    rows.catch(() => {
      if (this.of === kept) this.of = undefined;
    });
    return rows;
  }

  forget({ dataset }: { readonly dataset: SearchingRun['dataset'] }): void {
    if (this.of?.digest === dataset.train.artifact) this.of = undefined;
  }
}

/**
 * Tries the parameters of one trial. Waits while the artifact store is away. Every other failure is the trial's outcome; rejects only
 * with PLAYHEAD_LEARN_CANCELLED, once the signal is aborted.
 */
export const tryParameters = async (
  ports: TrialPorts,
  rows: TrialRows,
  { id, run, trial }: Trial,
  watcher: FitWatcher,
): Promise<TrialReport> => {
  const { clock, logger, artifacts } = ports;
  const { request, dataset, search } = run;
  const said = { run: request.run, ...describeTrial(trial) };
  let started = clock.now();
  const seconds = (): number => (clock.now() - started) / 1_000;
  try {
    const train = await patiently(ports, request.run, watcher.signal)(() => rows.read(artifacts, run));
    started = clock.now();
    const allotted = allot(trial.kind, trial.parameters, trial.resource);
    const { command } = request.trainer;
    const job = {
      request: judgedRequest({
        ...request,
        gates: [],
        trainer: {
          kind: trial.kind,
          parameters: describeTrial({ ...trial, parameters: allotted.parameters }).parameters,
          ...(command && { command }),
        },
      }),
      features: dataset.features,
      train,
      metric: search.metric as MetricName,
      rows: allotted.rows,
    };
    const value = await onceMore(logger, id, () => ports.trial(job, watcher));
    logger.info({ fit: id, value }, `${id}: ${search.metric} ${value}`);
    return { ...said, outcome: 'completed', value, seconds: seconds() };
  } catch (error) {
    if (watcher.signal.aborted) throw cancelledFit();
    logger.warn({ fit: id, err: error }, `${id} failed: ${messageOf(error)}`);
    const code = error instanceof PlatformError ? error.code : 'PLAYHEAD_DEFECT';
    return { ...said, outcome: 'failed', code, message: messageOf(error), seconds: seconds() };
  }
};
