import { usePulse } from '../../data/live';
import { useDoor } from '../../data/use-door';
import { perSecond, whole } from '../../parts/format';
import { Badge, Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import type { FeatureService } from './shapes';

export const FeatureServices = () => {
  const services = useDoor<{ readonly services: readonly FeatureService[] }>('feature', '/v1/features', {
    on: ['registry.definitions'],
  });
  const { rates } = usePulse();
  const topics = new Map(rates?.topics.map((topic) => [topic.topic, topic]));
  const columns: readonly Column<FeatureService>[] = [
    {
      head: 'Feature service',
      isHead: true,
      cell: ({ name }) => <Link to={['features', name]}>{name}</Link>,
    },
    {
      head: 'Revisions',
      cell: ({ revisions }) =>
        revisions.map(({ revision, phase }) => (
          <Badge key={revision} tone={phase === 'active' ? 'good' : 'accent'}>
            {revision} {phase}
          </Badge>
        )),
    },
    {
      head: 'Trigger',
      cell: ({ revisions: [first] }) =>
        first ? <Link to={['streams', first.trigger.stream]}>{first.trigger.stream}</Link> : '–',
    },
    { head: 'Features', number: true, cell: ({ revisions }) => whole(revisions[0]?.features.length) },
    {
      head: 'Vectors a second',
      number: true,
      cell: ({ name }) => perSecond(topics.get(`feature.vectors.${name}`)?.perSecond ?? 0),
    },
    {
      head: 'Vectors',
      number: true,
      cell: ({ name }) => whole(topics.get(`feature.vectors.${name}`)?.records),
    },
  ];
  return (
    <Page
      title="Features"
      about="What was known about an entity at the moment of each event: one vector for each event of the trigger."
    >
      <Card title="Feature services" flush>
        <Answered answer={services} what="feature services">
          {(value) => (
            <>
              <Table
                caption="Feature services"
                columns={columns}
                rows={value.services}
                keyOf={({ name }) => name}
                empty="No feature service yet: apply a definition of kind FeatureService."
              />
            </>
          )}
        </Answered>
      </Card>
    </Page>
  );
};
