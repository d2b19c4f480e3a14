import type { ModelShelf } from '#folds';
import type { AccessLog, Metrics } from '#runtime';
import { SERVING_METRICS } from './metric-specs';

/** What lies in memory, told at each scrape. */
export const exposeModels = (
  metrics: Metrics,
  shelf: Pick<ModelShelf, 'status'>,
  accessLog?: AccessLog,
): void => {
  metrics.gauge(SERVING_METRICS.loaded, () => {
    const models = shelf.status();
    return (['inline', 'processes'] as const).map((place) => ({
      value: models.filter((model) => model.place === place).length,
      labels: { place },
    }));
  });
  metrics.gauge(SERVING_METRICS.memory, () =>
    shelf.status().map(({ artifact, memoryBytes }) => ({
      value: memoryBytes,
      labels: { artifact: artifact.slice(0, 12) },
    })),
  );
  if (accessLog) metrics.total(SERVING_METRICS.unlogged, () => accessLog.dropped);
};
