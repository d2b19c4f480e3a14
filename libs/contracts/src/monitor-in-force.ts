import type { CompiledMonitor } from './definitions';
import type { DeploymentFact } from './deployments';

type MonitorFact = NonNullable<DeploymentFact['monitor']>;

/** A monitor as facts about deployments carry it: what is not asked for is absent. */
export const monitorInForce = ({
  windowMs,
  windowRows,
  reference,
  drift,
  quality,
  metric,
  estimate,
  limits,
  detect,
  slices,
  fairness,
  alert,
}: CompiledMonitor): Omit<MonitorFact, 'name' | 'revision' | 'digest'> => ({
  ...(windowMs !== undefined && { window_ms: windowMs }),
  ...(windowRows !== undefined && { window_rows: windowRows }),
  ...(reference && { reference }),
  drift: { ...drift, features: drift.features === 'auto' ? 'auto' : [...drift.features] },
  ...(quality && { quality: qualityOf(quality) }),
  metric,
  ...(estimate && { estimate }),
  ...(limits && { limits }),
  ...(detect && { detect: [...detect] }),
  ...(slices && { slices: [...slices] }),
  ...(fairness && { fairness: fairness.map((each) => ({ ...each })) }),
  ...(alert && { alert: alertOf(alert) }),
});

const qualityOf = ({ freshnessMs, ...shares }: NonNullable<CompiledMonitor['quality']>) => ({
  ...shares,
  ...(freshnessMs !== undefined && { freshness_ms: freshnessMs }),
});

const alertOf = ({ to, group, waitMs, repeatMs }: NonNullable<CompiledMonitor['alert']>) => ({
  to: to.map((target) => ({ ...target })),
  group,
  wait_ms: waitMs,
  repeat_ms: repeatMs,
});
