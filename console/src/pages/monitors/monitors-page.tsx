import { AlertDetails } from './alert-details';
import { MonitorDetails } from './monitor-details';
import { MonitorList } from './monitor-list';
import './monitors.css';

/** Monitors and alerts; one alert (`alerts/<name>`); or the windows of one deployment. */
export const MonitorsPage = ({ rest: [first, second] }: { readonly rest: readonly string[] }) => {
  if (first === undefined) return <MonitorList />;
  if (first === 'alerts' && second !== undefined) return <AlertDetails key={second} name={second} />;
  return <MonitorDetails key={first} deployment={first} />;
};
