import type { RunnerObserver } from '#eventlog';
import { messageOf } from '#kernel';
import type { LogTransport } from './log-transport';
import type { Logger } from './logger';
import { LATENCY_SECONDS, type Metrics } from './metrics';

interface FoldCounts {
  records: number;
  outputs: number;
  dropped: number;
  rounds: number;
  seconds: number;
}

/** What the folds of a service do, as metrics and log lines: one instance for each service, one observer for each runner. */
export class FoldMetrics {
  private readonly counts = new Map<string, FoldCounts>();
  private readonly deadLetters;
  private readonly retries;
  private readonly restores;

  constructor(
    metrics: Metrics,
    private readonly logger: Logger,
  ) {
    const read = (pick: keyof FoldCounts) => () =>
      [...this.counts].map(([fold, counts]) => ({ value: counts[pick], labels: { fold } }));
    metrics.total('playhead_fold_records_total', 'records folded', read('records'));
    metrics.total('playhead_fold_outputs_total', 'records given by folds', read('outputs'));
    metrics.total(
      'playhead_fold_dropped_total',
      'records dropped because they were applied before (law L3)',
      read('dropped'),
    );
    metrics.total('playhead_fold_rounds_total', 'rounds folded', read('rounds'));
    metrics.total('playhead_fold_seconds_total', 'seconds spent folding', read('seconds'));
    this.deadLetters = metrics.counter('playhead_dead_letters_total', 'records set aside');
    this.retries = metrics.counter(
      'playhead_fold_retries_total',
      'times that something away was tried again',
    );
    this.restores = metrics.histogram(
      'playhead_fold_restore_seconds',
      'seconds until a partition was back',
      LATENCY_SECONDS,
    );
  }

  observer(fold: string, transport: Pick<LogTransport, 'fail'>): RunnerObserver {
    const counts: FoldCounts = { records: 0, outputs: 0, dropped: 0, rounds: 0, seconds: 0 };
    this.counts.set(fold, counts);
    let saidRetrying = '';
    return {
      folded: (records, outputs, ms) => {
        counts.records += records;
        counts.outputs += outputs;
        counts.rounds++;
        counts.seconds += ms / 1_000;
        saidRetrying = '';
      },
      dropped: (records) => {
        counts.dropped += records;
      },
      deadLettered: (code, records) => this.deadLetters.add(records, { fold, code }),
      retrying: (reason) => {
        this.retries.add(1, { fold });
        if (reason !== saidRetrying)
          this.logger.warn({ fold, reason }, `${fold} pauses and tries again: ${reason}`);
        saidRetrying = reason;
      },
      taken: (partition, resume, restoredRecords, ms) => {
        this.restores.record(ms / 1_000, { fold });
        this.logger.info(
          { fold, partition, resume, restoredRecords, ms },
          `${fold} goes on with partition ${partition} at ${resume}`,
        );
      },
      log: (level, message, details) => this.logger[level]({ fold, ...details }, message),
      halted: (error) => {
        this.logger.error({ fold, err: error }, `${fold} halted: ${messageOf(error)}`);
        transport.fail(fold, error);
      },
    };
  }
}
