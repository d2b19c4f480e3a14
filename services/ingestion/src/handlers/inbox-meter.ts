import type { MetricSpec, Metrics } from '#runtime';
import type { InboxProgress } from './on-inbox';

const STREAM = { stream: 'name of the stream' } as const;

/** What ingestion tells beside its folds. */
export const INBOX_METRICS = {
  rejections: {
    name: 'playhead_ingestion_rejections_total',
    kind: 'counter',
    unit: 'records',
    labels: { ...STREAM, code: 'why: a rejection code' },
    help: 'records rejected, by code',
  },
  moved: {
    name: 'playhead_ingestion_moved_total',
    kind: 'counter',
    unit: 'records',
    labels: STREAM,
    help: 'records moved to the partition that owns their key',
  },
  watermark: {
    name: 'playhead_ingestion_watermark_seconds',
    kind: 'gauge',
    unit: 'seconds since 1970, event time',
    labels: { ...STREAM, partition: 'number of the partition' },
    help: 'event time that a partition has reached',
  },
  queue: {
    name: 'playhead_ingestion_queue_bytes',
    kind: 'gauge',
    unit: 'bytes',
    labels: {},
    help: 'events of the HTTP door that wait to be appended',
  },
} as const satisfies Record<string, MetricSpec>;

interface StreamMeter {
  readonly watermarks: Map<number, number>;
  readonly rejections: Map<string, number>;
  moved: number;
}

/** What ingestion has done since it started, by stream: for `/metrics` and the read doors. */
export class InboxMeter {
  private readonly streams = new Map<string, StreamMeter>();

  constructor(metrics: Metrics) {
    metrics.total(INBOX_METRICS.rejections, () =>
      [...this.streams].flatMap(([stream, { rejections }]) =>
        [...rejections].map(([code, value]) => ({ value, labels: { stream, code } })),
      ),
    );
    metrics.total(INBOX_METRICS.moved, () =>
      [...this.streams].map(([stream, { moved }]) => ({ value: moved, labels: { stream } })),
    );
    metrics.gauge(INBOX_METRICS.watermark, () =>
      [...this.streams].flatMap(([stream, { watermarks }]) =>
        [...watermarks]
          .filter(([, ms]) => Number.isFinite(ms))
          .map(([partition, ms]) => ({ value: ms / 1_000, labels: { stream, partition } })),
      ),
    );
  }

  of(stream: string): InboxProgress {
    const meter: StreamMeter = { watermarks: new Map(), rejections: new Map(), moved: 0 };
    this.streams.set(stream, meter);
    return {
      watermark: (partition, ms) => void meter.watermarks.set(partition, ms),
      rejected: (code) => void meter.rejections.set(code, (meter.rejections.get(code) ?? 0) + 1),
      moved: () => void meter.moved++,
    };
  }

  /** Event time reached, by partition; only those that this instance has worked on. */
  watermarks(stream: string): ReadonlyMap<number, number> {
    return this.streams.get(stream)?.watermarks ?? new Map<number, number>();
  }

  rejections(stream: string): Readonly<Record<string, number>> {
    return Object.fromEntries(this.streams.get(stream)?.rejections ?? []);
  }
}
