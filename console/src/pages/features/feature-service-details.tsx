import { setQuery, useRoute } from '../../data/route';
import type { Distributions, Report } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { Choice } from '../../parts/choice';
import { plural, windowText } from '../../parts/format';
import { Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { DistributionGrid } from './distribution-grid';
import { DriftTable } from './drift-table';
import { FreshnessCard } from './freshness-card';
import './features.css';

interface Deployed {
  readonly name: string;
  readonly service: { readonly name: string };
}

/** Windows that the table of drift shows. */
const SHOWN = 20;

export const FeatureServiceDetails = ({ service }: { readonly service: string }) => {
  const { query } = useRoute();
  const deployments = useDoor<{ readonly deployments: readonly Deployed[] }>('registry', '/v1/deployments', {
    on: ['registry.deployments'],
  });
  return (
    <Page title={`Features of ${service}`} about={<Link to={['features']}>All feature services</Link>}>
      <FreshnessCard service={service} />
      <Answered answer={deployments} what="deployments">
        {(value) => {
          const names = value.deployments
            .filter((deployment) => deployment.service.name === service)
            .map(({ name }) => name);
          const chosen = query.get('deployment') ?? names[0];
          return chosen === undefined ? (
            <Card title="Drift">
              <p className="empty">
                No deployment reads these features yet, so there is nothing to compare them with.
              </p>
            </Card>
          ) : (
            <Compared deployment={chosen} all={names} />
          );
        }}
      </Answered>
    </Page>
  );
};

const Compared = ({ deployment, all }: { readonly deployment: string; readonly all: readonly string[] }) => {
  const { query } = useRoute();
  const start = query.get('window') ?? undefined;
  const path = `/v1/deployments/${encodeURIComponent(deployment)}`;
  const on = ['monitoring.reports'];
  const reports = useDoor<{ readonly reports: readonly Report[] }>(
    'monitoring',
    `${path}/reports?limit=${SHOWN}`,
    { on },
  );
  const distributions = useDoor<Distributions>(
    'monitoring',
    `${path}/distributions${start ? `?window=${encodeURIComponent(start)}` : ''}`,
    { on },
  );
  return (
    <>
      <Card
        title="Drift by window"
        flush
        note="against the reference of the version that answered"
        actions={
          all.length > 1 && (
            <Choice
              label="Deployment"
              value={deployment}
              options={all}
              onChange={(next) => setQuery({ deployment: next, window: undefined })}
            />
          )
        }
      >
        <Answered answer={reports} what="reports">
          {(value) => <DriftTable deployment={deployment} reports={value.reports} />}
        </Answered>
      </Card>
      <Answered answer={distributions} what="distributions">
        {(value) =>
          value.window === null ? (
            <Card title="Distributions">
              <p className="empty">
                Nothing has been counted yet: a window is counted when later events have come.
              </p>
            </Card>
          ) : (
            <Card
              title="Distributions"
              note={`${plural(value.window.predictions, 'prediction')} of version ${value.window.version}, beside the rows it learned from`}
              actions={
                <Choice
                  label="Window"
                  value={value.window.start}
                  options={value.windows.map((window) => ({ value: window.start, text: windowText(window) }))}
                  onChange={(next) => setQuery({ window: next }, { replace: true })}
                />
              }
            >
              <DistributionGrid
                distributions={value}
                report={reports.value?.reports.find(({ window }) => window.start === value.window?.start)}
              />
            </Card>
          )
        }
      </Answered>
    </>
  );
};
