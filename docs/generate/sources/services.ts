/** The six services as the reference sees them, in the order of an event's life. This folder stands outside of the layering. */
import type { Topology } from '#contracts';
import { FOLD_METRICS, PROCESS_METRICS, type ConfigSpec, type MetricSpec } from '#runtime';
import { featureConfig } from '../../../services/feature/src/feature.config';
import { STAGE_METRICS } from '../../../services/feature/src/handlers/stage-meter';
import { TOPOLOGY as feature } from '../../../services/feature/src/feature.topology';
import { SERVING_METRICS, TRITON_METRICS } from '../../../services/serving/src/observability/metric-specs';
import { REQUEST_LOG_METRICS } from '../../../services/serving/src/requests/request-meter';
import { INBOX_METRICS } from '../../../services/ingestion/src/handlers/inbox-meter';
import { ingestionConfig } from '../../../services/ingestion/src/ingestion.config';
import { TOPOLOGY as ingestion } from '../../../services/ingestion/src/ingestion.topology';
import { monitoringConfig } from '../../../services/monitoring/src/monitoring.config';
import { MONITORING_METRICS } from '../../../services/monitoring/src/observability/monitoring-metrics';
import { TOPOLOGY as monitoring } from '../../../services/monitoring/src/monitoring.topology';
import { registryConfig } from '../../../services/registry/src/registry.config';
import { TOPOLOGY as registry } from '../../../services/registry/src/registry.topology';
import { servingConfig } from '../../../services/serving/src/serving.config';
import { TOPOLOGY as serving } from '../../../services/serving/src/serving.topology';
import { trainingConfig } from '../../../services/training/src/training.config';
import { TOPOLOGY as training } from '../../../services/training/src/training.topology';

export type Described = Pick<ConfigSpec, 'service' | 'variables'>;

export const CONFIGS: readonly Described[] = [
  ingestionConfig,
  featureConfig,
  trainingConfig,
  registryConfig,
  servingConfig,
  monitoringConfig,
];

export const TOPOLOGIES: readonly Topology[] = [ingestion, feature, training, registry, serving, monitoring];

/** Every table of metrics of the code, by who emits them. */
export const METRICS: readonly {
  readonly emitter: string;
  readonly metrics: Readonly<Record<string, MetricSpec>>;
}[] = [
  { emitter: 'every service: its process', metrics: PROCESS_METRICS },
  { emitter: 'every service: its folds', metrics: FOLD_METRICS },
  { emitter: 'ingestion', metrics: INBOX_METRICS },
  { emitter: 'feature', metrics: STAGE_METRICS },
  { emitter: 'serving', metrics: SERVING_METRICS },
  { emitter: 'serving: the log of requests', metrics: REQUEST_LOG_METRICS },
  { emitter: "serving: under the names of Triton's metrics", metrics: TRITON_METRICS },
  { emitter: 'monitoring', metrics: MONITORING_METRICS },
];
