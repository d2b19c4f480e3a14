import { timestampMs } from '#kernel';
import type { MetricSpec, Metrics, Sample } from '#runtime';
import { channelOf, type Channel, type Waiting } from '../domain/notifications/outbox';
import type { Alerts } from '../projections/alerts';
import type { ReportView, Reports } from '../projections/reports';

const DEPLOYMENT = { deployment: 'name of the deployment' } as const;
const COLUMN = { ...DEPLOYMENT, column: 'the feature, or score' } as const;
const MEASURE = { ...DEPLOYMENT, metric: 'as the reports name it' } as const;
const CHANNEL = { channel: 'webhook, alertmanager, slack or email' } as const;

/** What the newest reports say, and who waits to be told of alerts. */
export const MONITORING_METRICS = {
  windowEnd: {
    name: 'playhead_monitoring_window_end_seconds',
    kind: 'gauge',
    unit: 'seconds since 1970, event time',
    labels: DEPLOYMENT,
    help: 'end of the newest window that was reported',
  },
  predictions: {
    name: 'playhead_monitoring_window_predictions',
    kind: 'gauge',
    unit: 'predictions',
    labels: DEPLOYMENT,
    help: 'predictions in the newest window',
  },
  drift: {
    name: 'playhead_monitoring_drift',
    kind: 'gauge',
    unit: 'of the statistic of the monitor',
    labels: COLUMN,
    help: 'how far a column of the newest window is from its reference',
  },
  drifted: {
    name: 'playhead_monitoring_drifted_features',
    kind: 'gauge',
    unit: 'features',
    labels: DEPLOYMENT,
    help: 'features of the newest window that have drifted',
  },
  missing: {
    name: 'playhead_monitoring_missing_share',
    kind: 'gauge',
    unit: 'share',
    labels: COLUMN,
    help: 'rows of the newest window without a value',
  },
  performance: {
    name: 'playhead_monitoring_performance',
    kind: 'gauge',
    unit: 'of the metric',
    labels: MEASURE,
    help: 'realised performance in the newest window whose labels are mature',
  },
  estimated: {
    name: 'playhead_monitoring_estimated_performance',
    kind: 'gauge',
    unit: 'of the metric',
    labels: MEASURE,
    help: 'performance to be expected in the newest window, before labels come',
  },
  alerts: {
    name: 'playhead_monitoring_alerts_open',
    kind: 'gauge',
    unit: 'alerts',
    labels: { ...DEPLOYMENT, kind: 'kind of the alert', severity: 'warning or critical' },
    help: 'alerts that are open',
  },
  waiting: {
    name: 'playhead_monitoring_notifications_waiting',
    kind: 'gauge',
    unit: 'notifications',
    labels: CHANNEL,
    help: 'notifications that their target has not taken yet; of the instance that sends',
  },
  ended: {
    name: 'playhead_monitoring_notifications_total',
    kind: 'counter',
    unit: 'notifications',
    labels: { ...CHANNEL, outcome: 'delivered or given-up' },
    help: 'notifications that were taken, or given up because their target refuses them',
  },
} as const satisfies Record<string, MetricSpec>;

const CHANNELS: readonly Channel[] = ['webhook', 'alertmanager', 'slack', 'email'];
const OUTCOMES = ['delivered', 'given-up'] as const;

/** Windows back in which the newest mature labels are looked for. */
const LOOK_BACK = 60;

export interface MonitoringSources {
  readonly alerts: Pick<Alerts, 'list'>;
  readonly reports: Pick<Reports, 'deployments' | 'of'>;
  readonly sender: { waiting(): readonly Waiting[] };
}

/** Read at each scrape from what the doors answer from. */
export const addMonitoringMetrics = (
  metrics: Metrics,
  { alerts, reports, sender }: MonitoringSources,
): void => {
  const newest = <L extends string>(
    read: (report: ReportView, deployment: string) => readonly Sample<L>[],
    suits: (report: ReportView) => boolean = () => true,
  ): Sample<L>[] =>
    reports.deployments().flatMap((deployment) => {
      const report = reports.of(deployment, LOOK_BACK).find(suits);
      return report ? read(report, deployment) : [];
    });
  const one = (read: (report: ReportView) => number) => () =>
    newest((report, deployment) => [{ value: read(report), labels: { deployment } }]);

  metrics.gauge(
    MONITORING_METRICS.windowEnd,
    one(({ window }) => timestampMs(window.end) / 1_000),
  );
  metrics.gauge(
    MONITORING_METRICS.predictions,
    one(({ predictions }) => predictions),
  );
  metrics.gauge(
    MONITORING_METRICS.drifted,
    one(({ drift }) => drift.drifted),
  );
  const columns =
    (read: (column: ReportView['drift']['features'][number]) => number | null | undefined) => () =>
      newest(({ drift, score }, deployment) =>
        [...drift.features, ...(score ? [{ ...score, name: 'score' }] : [])].flatMap((column) => {
          const value = read(column);
          return typeof value === 'number' ? [{ value, labels: { deployment, column: column.name } }] : [];
        }),
      );
  metrics.gauge(
    MONITORING_METRICS.drift,
    columns(({ value, psi }) => value ?? psi),
  );
  metrics.gauge(
    MONITORING_METRICS.missing,
    columns(({ missing }) => missing),
  );
  const measured = (deployment: string, values: Readonly<Record<string, number | null>>) =>
    Object.entries(values).flatMap(([metric, value]) =>
      value === null ? [] : [{ value, labels: { deployment, metric } }],
    );
  metrics.gauge(MONITORING_METRICS.performance, () =>
    newest(
      ({ performance }, deployment) => measured(deployment, performance?.metrics ?? {}),
      ({ performance }) => performance !== null,
    ),
  );
  metrics.gauge(MONITORING_METRICS.estimated, () =>
    newest(
      ({ estimate }, deployment) => measured(deployment, estimate?.metrics ?? {}),
      ({ estimate }) => estimate !== undefined,
    ),
  );
  metrics.gauge(MONITORING_METRICS.alerts, () => openAlerts(alerts));
  metrics.gauge(MONITORING_METRICS.waiting, () => {
    const waiting = sender.waiting().map(({ due }) => channelOf(due.target));
    return CHANNELS.map((channel) => ({
      value: waiting.filter((each) => each === channel).length,
      labels: { channel },
    }));
  });
};

const openAlerts = (alerts: Pick<Alerts, 'list'>) => {
  const counts = new Map<string, Sample<'deployment' | 'kind' | 'severity'>>();
  for (const { state, deployment, kind, severity = 'warning' } of alerts.list()) {
    if (state !== 'open') continue;
    const key = `${deployment}/${kind}/${severity}`;
    counts.set(key, { value: (counts.get(key)?.value ?? 0) + 1, labels: { deployment, kind, severity } });
  }
  return [...counts.values()];
};

/** Counts the ends of notifications; all series begin at 0, so that the first one is seen to rise. */
export const countEnds = (
  metrics: Metrics,
): ((channel: string, outcome: (typeof OUTCOMES)[number]) => void) => {
  const ended = metrics.counter(MONITORING_METRICS.ended);
  for (const channel of CHANNELS) for (const outcome of OUTCOMES) ended.add(0, { channel, outcome });
  return (channel, outcome) => ended.add(1, { channel, outcome });
};
