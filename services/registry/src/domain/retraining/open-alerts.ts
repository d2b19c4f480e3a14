import type { AlertReport } from '../inputs';
import type { Decided, OpenAlert, RegistryState } from '../state';

/** The alerts that are open after monitoring has said so of one. */
export const alertsAfter = (
  { alerts }: Pick<RegistryState, 'alerts'>,
  { value }: AlertReport,
  decided: Decided,
): RegistryState['alerts'] => {
  const { alert, deployment, model, version, kind, subject, message } = value.fact;
  if (value.type === 'monitoring.alert.resolved') return alerts.delete(alert);
  const { reference } = value;
  return alerts.set(alert, {
    alert,
    deployment,
    model,
    version,
    kind,
    subject,
    message,
    reference,
    ...decided,
  });
};

/** Whether what an alert says is still about who answers; of a deployment that is not known nothing else can be said. */
export const isAboutWhoAnswers = (
  { deployments }: Pick<RegistryState, 'deployments'>,
  { deployment, version }: Pick<OpenAlert, 'deployment' | 'version'>,
): boolean => {
  const routes = deployments.get(deployment)?.fact.routes ?? [];
  return routes.length === 0 || routes.some((each) => each.version === version && each.route !== 'shadow');
};
