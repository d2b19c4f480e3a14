import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly value: number;
  readonly labels: Labels;
}

export interface Counter {
  add(value: number, labels?: Labels): void;
}

export interface Histogram {
  record(value: number, labels?: Labels): void;
}

/**
 * What a process tells about itself (Prometheus text at `/metrics`). Names are Prometheus's: `playhead_<thing>_<unit>`; a counter's
 * gets `_total`. A counter costs about a microsecond with labels: on hot paths add once for each batch, or keep the number and give it by `total`.
 */
export interface Metrics {
  counter(name: string, help: string): Counter;
  histogram(name: string, help: string, boundaries: readonly number[]): Histogram;
  /** A level, read at each scrape. */
  gauge(name: string, help: string, read: () => number | readonly Sample[]): void;
  /** A count that is kept elsewhere and only grows, read at each scrape. */
  total(name: string, help: string, read: () => number | readonly Sample[]): void;
  /** Prometheus text exposition. */
  render(): Promise<string>;
}

/** Boundaries in seconds for latencies from half a millisecond to ten seconds. */
export const LATENCY_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

class ScrapeReader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

interface Observed {
  observe(value: number, labels?: Labels): void;
}

const observing =
  (read: () => number | readonly Sample[]) =>
  (result: Observed): void => {
    const seen = read();
    if (typeof seen === 'number') result.observe(seen);
    else for (const { value, labels } of seen) result.observe(value, labels);
  };

export const createMetrics = (): Metrics => {
  const reader = new ScrapeReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('playhead');
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  return {
    counter: (name, help) => meter.createCounter(name, { description: help }),
    histogram: (name, help, boundaries) =>
      meter.createHistogram(name, {
        description: help,
        advice: { explicitBucketBoundaries: [...boundaries] },
      }),
    gauge: (name, help, read) =>
      meter.createObservableGauge(name, { description: help }).addCallback(observing(read)),
    total: (name, help, read) =>
      meter.createObservableCounter(name, { description: help }).addCallback(observing(read)),
    render: async () => serializer.serialize((await reader.collect()).resourceMetrics),
  };
};

/** Memory, processor time and event loop delay of this process. Returns a function that ends the measurement. */
export const addProcessMetrics = (metrics: Metrics): (() => void) => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.total('process_cpu_seconds_total', 'processor time of the process', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge('process_resident_memory_bytes', 'resident memory', () => process.memoryUsage.rss());
  metrics.gauge('nodejs_heap_used_bytes', 'heap in use', () => process.memoryUsage().heapUsed);
  metrics.gauge('process_uptime_seconds', 'seconds since the process started', () => process.uptime());
  metrics.gauge('nodejs_eventloop_delay_seconds', 'event loop delay since the last scrape', () => {
    const samples = [50, 99, 100].map((p) => ({
      value: delay.percentile(p) / 1e9,
      labels: { quantile: p / 100 },
    }));
    delay.reset();
    return samples;
  });
  return () => delay.disable();
};
