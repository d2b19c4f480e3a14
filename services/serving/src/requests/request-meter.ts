import type { Counter, MetricSpec, Metrics } from '#runtime';

/** What the log of requests tells. */
export const REQUEST_LOG_METRICS = {
  logged: {
    name: 'playhead_serving_requests_logged_total',
    kind: 'counter',
    unit: 'requests',
    labels: { deployment: 'name of the deployment', mode: 'durable, async or sampled' },
    help: 'answered requests of the doors that were taken for `serving.requests.<deployment>`',
  },
  dropped: {
    name: 'playhead_serving_requests_dropped_total',
    kind: 'counter',
    unit: 'requests',
    labels: { deployment: 'name of the deployment' },
    help: 'answered requests that will never stand on the log: `logging: async` or `sampled`, and the buffer was full',
  },
  waiting: {
    name: 'playhead_serving_requests_waiting_bytes',
    kind: 'gauge',
    unit: 'bytes',
    labels: {},
    help: 'records of answered requests that wait to be appended',
  },
} as const satisfies Record<string, MetricSpec>;

export class RequestMeter {
  private readonly logged: Counter<'deployment' | 'mode'>;
  private readonly lost: Counter<'deployment'>;

  constructor(metrics: Metrics, waiting: () => number) {
    this.logged = metrics.counter(REQUEST_LOG_METRICS.logged);
    this.lost = metrics.counter(REQUEST_LOG_METRICS.dropped);
    metrics.gauge(REQUEST_LOG_METRICS.waiting, waiting);
  }

  taken(deployment: string, mode: string): void {
    this.logged.add(1, { deployment, mode });
  }

  dropped(deployment: string): void {
    this.lost.add(1, { deployment });
  }
}
