import { callDoor } from '../../data/door';
import { MODEL_FACTS, type Gate, type ModelCard, type Version } from '../../data/registry';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { Bars, type Bar } from '../../parts/bars';
import { duration, figure, percent, shortDigest, whole } from '../../parts/format';
import { Badge, Card, Facts, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered, Failed } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { parametersText } from '../runs/run-details';
import { VersionStatus } from './version-status';

interface VersionDetailsProps {
  readonly model: string;
  readonly version: string;
}

const SHOWN_FEATURES = 12;

/** One version: gates, model card, and what may be decided about it. */
export const VersionDetails = ({ model, version }: VersionDetailsProps) => {
  const path = `/v1/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`;
  const found = useDoor<Version>('registry', path, { on: MODEL_FACTS, asOf: true });
  const card = useDoor<ModelCard>('registry', `${path}/card?format=json`, { asOf: true });
  const decide = (what: string, body: object): Promise<void> =>
    callDoor('registry', `${path}/${what}`, { method: 'POST', body }).then(() => found.again());
  return (
    <Page
      title={`${model}@${found.value?.version ?? version}`}
      about={<Link to={['models', model]}>All versions of {model}</Link>}
      actions={
        <>
          <Action
            label="Approve"
            comment="optional"
            question="Say that this version may serve? Where four eyes are wanted, whoever asked for it cannot."
            run={(comment) => decide('approve', comment === undefined ? {} : { comment })}
          />
          <Action
            label="Reject"
            tone="danger"
            comment="required"
            question="Say that this version must not serve?"
            run={(comment) => decide('reject', { comment })}
          />
          <Action
            label="Promote to champion"
            question="Let the alias champion name this version? A deployment with a rollout begins it."
            run={() => decide('promote', { alias: 'champion' })}
          />
        </>
      }
    >
      <Answered answer={found} what="the version">
        {(value) => <VersionCards version={value} />}
      </Answered>
      {card.state === 'failed' ? (
        <Failed error={card.error} again={card.again} />
      ) : (
        card.value && <CardCards card={card.value} />
      )}
    </Page>
  );
};

const GATE_COLUMNS: readonly Column<Gate>[] = [
  {
    head: 'Gate',
    isHead: true,
    cell: ({ metric, slice, group, against }) =>
      [metric, slice && `by ${slice}`, group && `between ${group}`, against && `against ${against}`]
        .filter(Boolean)
        .join(' '),
  },
  {
    head: 'Wanted',
    cell: ({ min, max, against }) =>
      [
        min !== undefined && `at least ${figure(min)}`,
        max !== undefined && `at most ${figure(max)}`,
        against && 'no worse',
      ]
        .filter(Boolean)
        .join(', '),
  },
  { head: 'Value', number: true, cell: ({ value }) => figure(value, 4) },
  {
    head: 'Verdict',
    cell: ({ passed }) => <Badge tone={passed ? 'good' : 'bad'}>{passed ? 'passed' : 'did not pass'}</Badge>,
  },
  { head: 'Why', wide: true, cell: ({ reason }) => reason ?? '' },
];

const VersionCards = ({ version }: { readonly version: Version }) => (
  <>
    <Card title="What it is">
      <Facts
        facts={[
          { name: 'State', value: <VersionStatus status={version.status} /> },
          { name: 'Aliases', value: version.aliases.join(', ') || 'none' },
          version.review && {
            name: 'Reviewed by',
            value: version.review.by,
            note: version.review.comment,
          },
          { name: 'Run', value: <Link to={['runs', version.run]}>{version.run}</Link> },
          { name: 'Trainer', value: version.trainer, note: `seed ${version.seed}` },
          {
            name: 'Features',
            value: whole(version.service.features.length),
            note: `${version.service.name}@${version.service.revision}`,
          },
          { name: 'Model file', value: <code>{shortDigest(version.artifact)}</code> },
          { name: 'Data set', value: <code>{shortDigest(version.dataset)}</code> },
          { name: 'Registered', value: <Time at={version.decidedAt} />, note: version.position },
        ]}
      />
      {version.description && <p>{version.description}</p>}
      <p className="soft">{parametersText(version.parameters)}</p>
    </Card>
    <Card title="Gates" flush>
      <Table
        caption="Gates that the version was held against"
        columns={GATE_COLUMNS}
        rows={version.gates}
        keyOf={(gate) => JSON.stringify(gate)}
        empty="The model has no gate."
      />
    </Card>
  </>
);

/** The model card, as far as a page shows it; the whole one is a document. */
const CardCards = ({ card }: { readonly card: ModelCard }) => {
  const { metrics, intervals, intended_use: use, model_details: details, caveats, reproduction } = card;
  const importance = importanceOf(card);
  return (
    <>
      <Card
        title="Model card"
        note={
          intervals &&
          `intervals of ${percent(intervals.confidence)} by ${whole(intervals.samples)} samples of ${intervals.unit}`
        }
        flush
      >
        <Table
          caption="Metrics on the hold-out, with intervals"
          columns={[
            { head: 'Metric', isHead: true, cell: ({ name }) => name },
            { head: 'Hold-out', number: true, cell: ({ holdout }) => figure(holdout, 4) },
            {
              head: 'Interval',
              cell: ({ low, high }) =>
                low === null || high === null ? '–' : `${figure(low, 4)} to ${figure(high, 4)}`,
            },
            { head: 'Training rows', number: true, cell: ({ train }) => figure(train, 4) },
            { head: 'Better', cell: ({ better }) => better ?? '–' },
          ]}
          rows={metrics}
          keyOf={({ name }) => name}
          empty="Nothing was measured."
        />
      </Card>
      <Card title="Use and limits">
        <Facts
          facts={[
            { name: 'Answers', value: use.answers },
            { name: 'Size', value: details.size_bytes === null ? '–' : `${whole(details.size_bytes)} bytes` },
            details.latency_ms && {
              name: 'One row takes',
              value: `${figure(details.latency_ms.p50)} ms`,
              note: `p99 ${figure(details.latency_ms.p99)} ms`,
            },
            details.fitted_in_seconds !== null && {
              name: 'Fitted in',
              value: duration(details.fitted_in_seconds * 1_000),
            },
          ]}
        />
        {caveats.length > 0 && (
          <ul>
            {caveats.map((caveat) => (
              <li key={caveat}>{caveat}</li>
            ))}
          </ul>
        )}
        {reproduction.command && (
          <p>
            The same bytes again: <code>{reproduction.command}</code>
          </p>
        )}
      </Card>
      {importance && (
        <Card title="What it goes by" note={importance.meaning}>
          <Bars
            caption="Importance of features"
            head="Feature"
            bars={importance.bars.slice(0, SHOWN_FEATURES)}
          />
        </Card>
      )}
    </>
  );
};

/** What shuffling a feature costs; where that was not measured, what the trainer itself says. */
const importanceOf = ({ analyses }: ModelCard): { meaning: string; bars: readonly Bar[] } | undefined => {
  const { learned, permutation } = analyses?.importance ?? {};
  const values = permutation
    ? permutation.features.map(({ feature, drop }) => ({ feature, value: drop }))
    : learned?.map(({ feature, share }) => ({ feature, value: share }));
  if (!values || values.length === 0) return undefined;
  return {
    meaning: permutation
      ? `loss of ${permutation.metric} when the feature is shuffled`
      : 'share of what was learned',
    bars: [...values]
      .sort((a, b) => b.value - a.value)
      .map(({ feature, value }) => ({ name: feature, value: Math.max(0, value), text: figure(value) })),
  };
};
