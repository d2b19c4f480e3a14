import type { MetricSpec, Metrics } from '#runtime';

/** What the stages tell beside their folds. */
export const STAGE_METRICS = {
  gap: {
    name: 'playhead_feature_align_gap_seconds',
    kind: 'gauge',
    unit: 'seconds of event time',
    labels: { service: 'name of the feature service', stage: 'entity of the stage' },
    help: 'by how much the stream of a stage that is furthest is ahead of the slowest with a backlog',
  },
} as const satisfies Record<string, MetricSpec>;

interface Aligned {
  /** In ms of event time. */
  readonly gapMs: number;
}

/** How far the streams of the stages are apart, for `/metrics`. */
export class StageMeter {
  private readonly stages = new Map<Aligned, { readonly service: string; readonly stage: string }>();

  constructor(metrics: Metrics) {
    metrics.gauge(STAGE_METRICS.gap, () =>
      [...this.stages].map(([{ gapMs }, labels]) => ({ value: gapMs / 1_000, labels })),
    );
  }

  add(service: string, stage: string, aligned: Aligned): void {
    this.stages.set(aligned, { service, stage });
  }

  remove(aligned: Aligned): void {
    this.stages.delete(aligned);
  }
}
