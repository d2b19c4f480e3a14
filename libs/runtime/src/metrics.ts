import {
  PerformanceObserver,
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
} from 'node:perf_hooks';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  renderCounts,
  renderSilent,
  renderTimings,
  toOpenMetrics,
  type ExpositionFormat,
  type NamedCounts,
} from './exposition';
import type { Distribution, Labels, MetricSpec, Sample } from './metric-spec';
import { Timings } from './timings';

export type * from './metric-spec';

export interface Counter<Label extends string = string> {
  add(value: number, labels: Labels<Label>): void;
}

export interface Histogram<Label extends string = string> {
  record(value: number, labels: Labels<Label>): void;
}

/**
 * What a process tells about itself (Prometheus text at `/metrics`). A counter costs about a microsecond with labels: on hot paths
 * add once for each batch, or keep the number and give it by `total`.
 */
export interface Metrics {
  counter<L extends string>(spec: MetricSpec<L>): Counter<L>;
  histogram<L extends string>(spec: MetricSpec<L>): Histogram<L>;
  /** A level, read at each scrape. */
  gauge<L extends string>(spec: MetricSpec<L>, read: () => number | readonly Sample<L>[]): void;
  /** A count that is kept elsewhere and only grows, read at each scrape. */
  total<L extends string>(spec: MetricSpec<L>, read: () => number | readonly Sample<L>[]): void;
  /** Counts and levels under names that are other people's, read at each scrape. */
  named<L extends string>(spec: MetricSpec<L>, read: () => readonly Sample<L>[]): void;
  /** A histogram for hot paths, with exemplars. */
  timings<L extends string>(spec: MetricSpec<L>): Timings<L>;
  /** A histogram of values that are counted elsewhere, read at each scrape. */
  distribution<L extends string>(spec: MetricSpec<L>, read: () => readonly Distribution<L>[]): void;
  /** Prometheus's text by default. */
  render(format?: ExpositionFormat): Promise<string>;
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
  const counts: NamedCounts[] = [];
  const declared: MetricSpec[] = [];
  const declare = <S extends MetricSpec>(spec: S): S => {
    declared.push(spec);
    return spec;
  };
  const histograms: (() => Timings)[] = [];
  const timingsOf = <L extends string>(spec: MetricSpec<L>): Timings<L> =>
    new Timings(spec, spec.boundaries ?? LATENCY_SECONDS);
  const own = (format: ExpositionFormat): string =>
    [
      ...counts.map((each) => renderCounts(each, format)),
      ...histograms.map((each) => renderTimings(each(), format)),
    ].join('');
  return {
    named: (spec, read) => void counts.push({ spec: declare(spec), read }),
    timings: (spec) => {
      const timings = timingsOf(declare(spec));
      histograms.push(() => timings);
      return timings;
    },
    distribution: (spec, read) => {
      declare(spec);
      histograms.push(() => {
        const timings = timingsOf(spec);
        for (const { labels, values } of read()) {
          const series = timings.series(labels);
          for (const { value, times } of values) series.add(value, times);
        }
        return timings;
      });
    },
    counter: (spec) => {
      const { name, help } = declare(spec);
      return meter.createCounter(name, { description: help });
    },
    histogram: (spec) => {
      const { name, help, boundaries } = declare(spec);
      return meter.createHistogram(name, {
        description: help,
        advice: { explicitBucketBoundaries: [...(boundaries ?? LATENCY_SECONDS)] },
      });
    },
    gauge: (spec, read) => {
      const { name, help } = declare(spec);
      meter.createObservableGauge(name, { description: help }).addCallback(observing(read));
    },
    total: (spec, read) => {
      const { name, help } = declare(spec);
      meter.createObservableCounter(name, { description: help }).addCallback(observing(read));
    },
    render: async (format = 'text') => {
      const text = serializer.serialize((await reader.collect()).resourceMetrics);
      if (format === 'openmetrics') return `${toOpenMetrics(text)}${own(format)}# EOF\n`;
      const whole = text + own(format);
      const silent = declared.filter(({ name }) => !whole.includes(`# TYPE ${name} `));
      return whole + silent.map(renderSilent).join('');
    },
  };
};

/** What every process tells. */
export const PROCESS_METRICS = {
  cpu: {
    name: 'process_cpu_seconds_total',
    kind: 'counter',
    unit: 'seconds',
    labels: {},
    help: 'processor time of the process, user and system',
  },
  memory: {
    name: 'process_resident_memory_bytes',
    kind: 'gauge',
    unit: 'bytes',
    labels: {},
    help: 'resident memory',
  },
  heap: {
    name: 'nodejs_heap_used_bytes',
    kind: 'gauge',
    unit: 'bytes',
    labels: {},
    help: 'heap in use',
  },
  uptime: {
    name: 'process_uptime_seconds',
    kind: 'gauge',
    unit: 'seconds',
    labels: {},
    help: 'seconds since the process started',
  },
  loopDelay: {
    name: 'nodejs_eventloop_delay_seconds',
    kind: 'gauge',
    unit: 'seconds',
    labels: { quantile: '0.5, 0.99 or 1' },
    help: 'how much later than due timers ran since the last scrape',
  },
  garbage: {
    name: 'nodejs_gc_seconds_total',
    kind: 'counter',
    unit: 'seconds',
    labels: { kind: 'minor, major, incremental, weak-callback or other' },
    help: 'seconds that the process stood still to collect garbage',
  },
} as const satisfies Record<string, MetricSpec>;

/** Each look wakes the process: fifty a second would be most of what an idle one costs. */
const LOOP_DELAY_EVERY_MS = 200;

/** Memory, processor time, garbage collection and event loop delay of this process. Returns a function that ends the measurement. */
export const addProcessMetrics = (metrics: Metrics): (() => void) => {
  const delay = monitorEventLoopDelay({ resolution: LOOP_DELAY_EVERY_MS });
  delay.enable();
  metrics.total(PROCESS_METRICS.cpu, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge(PROCESS_METRICS.memory, () => process.memoryUsage.rss());
  metrics.gauge(PROCESS_METRICS.heap, () => process.memoryUsage().heapUsed);
  metrics.gauge(PROCESS_METRICS.uptime, () => process.uptime());
  metrics.gauge(PROCESS_METRICS.loopDelay, () => {
    const samples = [50, 99, 100].map((p) => ({
      // What Node records is the time between two looks.
      value: Math.max(0, delay.percentile(p) / 1e9 - LOOP_DELAY_EVERY_MS / 1_000),
      labels: { quantile: p / 100 },
    }));
    delay.reset();
    return samples;
  });
  const endGarbage = addGarbageMetrics(metrics);
  return () => {
    delay.disable();
    endGarbage();
  };
};

const GARBAGE_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak-callback',
};

type GarbageEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

/** One small callback for each collection; returns a function that ends the measurement. */
const addGarbageMetrics = (metrics: Metrics): (() => void) => {
  const seconds = new Map(Object.values(GARBAGE_KINDS).map((kind) => [kind, 0]));
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as GarbageEntry[]) {
      const kind = GARBAGE_KINDS[entry.detail.kind] ?? 'other';
      seconds.set(kind, (seconds.get(kind) ?? 0) + entry.duration / 1_000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  metrics.total(PROCESS_METRICS.garbage, () =>
    [...seconds].map(([kind, value]) => ({ value, labels: { kind } })),
  );
  return () => observer.disconnect();
};
