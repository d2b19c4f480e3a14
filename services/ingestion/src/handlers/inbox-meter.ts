import type { Metrics } from '#runtime';
import type { InboxProgress } from './on-inbox';

interface StreamMeter {
  readonly watermarks: Map<number, number>;
  readonly rejections: Map<string, number>;
  moved: number;
}

/** What ingestion has done since it started, by stream: for `/metrics` and the read doors. */
export class InboxMeter {
  private readonly streams = new Map<string, StreamMeter>();

  constructor(metrics: Metrics) {
    metrics.total('playhead_ingestion_rejections_total', 'records rejected, by code', () =>
      [...this.streams].flatMap(([stream, { rejections }]) =>
        [...rejections].map(([code, value]) => ({ value, labels: { stream, code } })),
      ),
    );
    metrics.total(
      'playhead_ingestion_moved_total',
      'records moved to the partition that owns their key',
      () => [...this.streams].map(([stream, { moved }]) => ({ value: moved, labels: { stream } })),
    );
    metrics.gauge('playhead_ingestion_watermark_seconds', 'event time that a partition has reached', () =>
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
