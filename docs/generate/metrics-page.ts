import type { MetricSpec } from '#runtime';
import { code, table } from './markdown';

interface Emitted {
  readonly emitter: string;
  readonly metrics: Readonly<Record<string, MetricSpec>>;
}

export const metricsPage = (tables: readonly Emitted[]): string =>
  [
    '# Metrics',
    'Every service answers `GET /metrics` with Prometheus text. Counters begin at 0 when a process starts; a histogram `x` shows as `x_bucket`, `x_sum` and `x_count`. Labels hold names of folds, streams and codes, never ids of events or people. What a deployment served, with latencies, is a fact on `serving.status` and not a metric.',
    ...tables.map(
      ({ emitter, metrics }) =>
        `## ${emitter}\n\n${table(
          ['metric', 'type', 'unit', 'labels', 'meaning'],
          Object.values(metrics).map(({ name, kind, unit, labels, help, boundaries }) => [
            code(name),
            kind,
            unit,
            Object.entries(labels)
              .map(([label, says]) => `${code(label)}: ${says}`)
              .join('; '),
            boundaries ? `${help}; buckets up to ${boundaries.join(', ')}` : help,
          ]),
        )}`,
    ),
  ].join('\n\n');
