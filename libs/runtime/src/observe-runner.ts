import type { RunnerObserver } from '#eventlog';
import type { LogTransport } from './log-transport';
import type { Logger } from './logger';
import { LATENCY_SECONDS, type Counter, type Histogram, type Metrics } from './metrics';

interface Instruments {
  readonly records: Counter;
  readonly outputs: Counter;
  readonly dropped: Counter;
  readonly deadLetters: Counter;
  readonly retries: Counter;
  readonly restored: Counter;
  readonly rounds: Histogram;
}

const instruments = new WeakMap<Metrics, Instruments>();

const instrumentsOf = (metrics: Metrics): Instruments => {
  let found = instruments.get(metrics);
  if (!found) {
    found = {
      records: metrics.counter('playhead_fold_records', 'records folded'),
      outputs: metrics.counter('playhead_fold_outputs', 'records that folds appended'),
      dropped: metrics.counter(
        'playhead_fold_dropped',
        'records dropped because they had been applied before',
      ),
      deadLetters: metrics.counter('playhead_dead_letters', 'records set aside, by reason'),
      retries: metrics.counter('playhead_fold_retries', 'attempts repeated because something was away'),
      restored: metrics.counter('playhead_fold_restored', 'records folded again to bring state back'),
      rounds: metrics.histogram('playhead_fold_round_seconds', 'time to fold one round', LATENCY_SECONDS),
    };
    instruments.set(metrics, found);
  }
  return found;
};

/** Turns what a runner tells into metrics and log lines; a runner that halts ends the process (`LogTransport.fail`). */
export const observeRunner = (
  fold: string,
  {
    metrics,
    logger,
    transport,
  }: { readonly metrics: Metrics; readonly logger: Logger; readonly transport: LogTransport },
): RunnerObserver => {
  const { records, outputs, dropped, deadLetters, retries, restored, rounds } = instrumentsOf(metrics);
  const labels = { fold };
  return {
    folded: (folded, emitted, processMs) => {
      records.add(folded, labels);
      outputs.add(emitted, labels);
      rounds.record(processMs / 1_000, labels);
    },
    dropped: (count) => dropped.add(count, labels),
    deadLettered: (code, count) => deadLetters.add(count, { fold, code }),
    retrying: (reason) => {
      retries.add(1, labels);
      logger.warn({ fold, reason }, `${fold} waits and tries again: ${reason}`);
    },
    taken: (partition, resume, restoredRecords, ms) => {
      restored.add(restoredRecords, labels);
      logger.info(
        { fold, partition, resume, restoredRecords, ms },
        `${fold} goes on with partition ${partition} at ${resume}`,
      );
    },
    log: (level, message, details = {}) => logger[level]({ fold, ...details }, message),
    halted: (error) => transport.fail(fold, error),
  };
};
