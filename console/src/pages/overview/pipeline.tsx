import type { ServiceName } from '../../data/door';
import { usePulse } from '../../data/live';
import { perSecond, whole } from '../../parts/format';
import { Link } from '../../parts/link';
import { Loading } from '../../parts/states';
import { Sparkline } from '../../parts/sparkline';
import { WORK, rateOf } from './service-rates';

/** In the order of the data; where each one's page is. */
const STAGES: readonly { readonly service: ServiceName; readonly to: string; readonly about: string }[] = [
  { service: 'ingestion', to: 'streams', about: 'is this a valid, new observation?' },
  { service: 'feature', to: 'features', about: 'what was known at that moment?' },
  { service: 'serving', to: 'deployments', about: 'what does the model say?' },
  { service: 'monitoring', to: 'monitors', about: 'is it still true?' },
  { service: 'training', to: 'runs', about: 'which model comes out of the data?' },
  { service: 'registry', to: 'models', about: 'what should run, and who said so?' },
];

/** From one service to another, and what goes there. */
const ARROWS: readonly { readonly from: string; readonly what: string }[] = [
  { from: 'ingestion', what: 'observations' },
  { from: 'feature', what: 'vectors' },
  { from: 'serving', what: 'predictions' },
  { from: 'feature-down', what: 'data sets' },
  { from: 'training', what: 'runs' },
  { from: 'registry-up', what: 'routes' },
  { from: 'monitoring-down', what: 'alerts' },
];

/** The six services as they hand on to each other, with what they do now. */
export const Pipeline = () => {
  const { rates, history } = usePulse();
  if (!rates) return <Loading what="the first second" />;
  return (
    <div className="pipeline-scroll">
      <ol className="pipeline">
        {STAGES.map(({ service, to, about }) => {
          const { perSecond: rate, records, lag } = rateOf(rates, service);
          return (
            <li key={service} className={`stage stage-${service}${rate > 0 ? ' moving' : ''}`}>
              <h3>
                <Link to={[to]}>{service}</Link>
              </h3>
              <p className="about">{about}</p>
              <p className="rate">
                <strong>{perSecond(rate)}</strong> {WORK[service].noun}/s
              </p>
              <Sparkline values={history.map((each) => rateOf(each, service).perSecond)} />
              <p className="counts">
                <span>{whole(records)} in all</span>
                <span className={lag !== undefined && lag > 10_000 ? 'tone-warn' : undefined}>
                  {lag === undefined ? 'no lag told' : `lag ${whole(lag)}`}
                </span>
              </p>
            </li>
          );
        })}
        {ARROWS.map(({ from, what }) => (
          <li key={from} className={`arrow arrow-${from}`} aria-hidden="true">
            <span>{what}</span>
          </li>
        ))}
      </ol>
    </div>
  );
};
