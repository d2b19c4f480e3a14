import type { RunnerObserver, RunnerStatus } from '#eventlog';
import { messageOf, timestampMs } from '#kernel';
import type { LogTransport } from './log-transport';
import type { Logger } from './logger';
import { LATENCY_SECONDS, type MetricSpec, type Metrics } from './metrics';

const FOLD = { fold: '<name>.<source topic> of the fold' } as const;

/** What every service tells about its folds. */
export const FOLD_METRICS = {
  records: {
    name: 'playhead_fold_records_total',
    kind: 'counter',
    unit: 'records',
    labels: FOLD,
    help: 'records folded',
  },
  outputs: {
    name: 'playhead_fold_outputs_total',
    kind: 'counter',
    unit: 'records',
    labels: FOLD,
    help: 'records given by folds',
  },
  dropped: {
    name: 'playhead_fold_dropped_total',
    kind: 'counter',
    unit: 'records',
    labels: FOLD,
    help: 'records dropped because they were applied before (law L3)',
  },
  rounds: {
    name: 'playhead_fold_rounds_total',
    kind: 'counter',
    unit: 'rounds',
    labels: FOLD,
    help: 'rounds folded',
  },
  seconds: {
    name: 'playhead_fold_seconds_total',
    kind: 'counter',
    unit: 'seconds',
    labels: FOLD,
    help: 'seconds spent folding',
  },
  setAside: {
    name: 'playhead_fold_dead_letters_total',
    kind: 'counter',
    unit: 'records',
    labels: FOLD,
    help: 'records set aside, whatever the code; begins at 0, so that the first one is seen to rise',
  },
  lag: {
    name: 'playhead_fold_lag_records',
    kind: 'gauge',
    unit: 'records',
    labels: FOLD,
    help: 'records that stand on the source and are not folded yet, of the partitions of this process',
  },
  delay: {
    name: 'playhead_fold_delay_seconds',
    kind: 'gauge',
    unit: 'seconds',
    labels: FOLD,
    help: 'from the append of the record that was folded last until it was folded; of the slowest partition',
  },
  eventTime: {
    name: 'playhead_fold_event_time_seconds',
    kind: 'gauge',
    unit: 'seconds since 1970, event time',
    labels: FOLD,
    help: 'event time of the record that was folded last; of the partition furthest behind',
  },
  deadLetters: {
    name: 'playhead_dead_letters_total',
    kind: 'counter',
    unit: 'records',
    labels: { ...FOLD, code: 'why: an error code' },
    help: 'records set aside',
  },
  retries: {
    name: 'playhead_fold_retries_total',
    kind: 'counter',
    unit: 'attempts',
    labels: FOLD,
    help: 'times that something away was tried again',
  },
  restore: {
    name: 'playhead_fold_restore_seconds',
    kind: 'histogram',
    unit: 'seconds',
    labels: FOLD,
    help: 'seconds until a partition was back',
    boundaries: LATENCY_SECONDS,
  },
} as const satisfies Record<string, MetricSpec>;

interface FoldCounts {
  records: number;
  outputs: number;
  dropped: number;
  rounds: number;
  seconds: number;
  setAside: number;
}

/** What a gauge says of a fold; nothing where there is nothing to say yet. */
type StatusReader = (status: RunnerStatus) => number | undefined;

const lagOf: StatusReader = ({ partitions }) => partitions.reduce((sum, { lag }) => sum + lag, 0);

const delayOf: StatusReader = ({ partitions }) => {
  const delays = partitions.flatMap(({ delayMs }) => delayMs ?? []);
  return delays.length === 0 ? undefined : Math.max(...delays) / 1_000;
};

const eventTimeOf: StatusReader = ({ partitions }) => {
  const times = partitions.map(({ time }) => timestampMs(time)).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times) / 1_000;
};

/** What the folds of a service do, as metrics and log lines: one instance for each service, one observer for each runner. */
export class FoldMetrics {
  private readonly counts = new Map<string, FoldCounts>();
  /** Of the folds that are at work. */
  private readonly statuses = new Map<string, () => RunnerStatus>();
  private readonly deadLetters;
  private readonly retries;
  private readonly restores;

  constructor(
    metrics: Metrics,
    private readonly logger: Logger,
  ) {
    const read = (pick: keyof FoldCounts) => () =>
      [...this.counts].map(([fold, counts]) => ({ value: counts[pick], labels: { fold } }));
    for (const kept of ['records', 'outputs', 'dropped', 'rounds', 'seconds', 'setAside'] as const)
      metrics.total(FOLD_METRICS[kept], read(kept));
    const level = (pick: StatusReader) => () =>
      [...this.statuses].flatMap(([fold, status]) => {
        const value = pick(status());
        return value === undefined ? [] : [{ value, labels: { fold } }];
      });
    metrics.gauge(FOLD_METRICS.lag, level(lagOf));
    metrics.gauge(FOLD_METRICS.delay, level(delayOf));
    metrics.gauge(FOLD_METRICS.eventTime, level(eventTimeOf));
    this.deadLetters = metrics.counter(FOLD_METRICS.deadLetters);
    this.retries = metrics.counter(FOLD_METRICS.retries);
    this.restores = metrics.histogram(FOLD_METRICS.restore);
  }

  /** A runner of the fold is there; what it says of itself is told until it has stopped. */
  watch(fold: string, status: () => RunnerStatus): void {
    this.statuses.set(fold, status);
  }

  observer(fold: string, transport: Pick<LogTransport, 'fail'>): RunnerObserver {
    const counts: FoldCounts = { records: 0, outputs: 0, dropped: 0, rounds: 0, seconds: 0, setAside: 0 };
    this.counts.set(fold, counts);
    this.retries.add(0, { fold });
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
      deadLettered: (code, records) => {
        counts.setAside += records;
        this.deadLetters.add(records, { fold, code });
      },
      stopped: () => void this.statuses.delete(fold),
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
