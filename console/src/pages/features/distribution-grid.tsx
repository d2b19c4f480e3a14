import {
  judgedValue,
  type ColumnCounts,
  type Distributions,
  type Report,
  type ReportedColumn,
} from '../../data/monitoring';
import { figure, percent, words } from '../../parts/format';
import { Badge } from '../../parts/layout';

interface DistributionGridProps {
  readonly distributions: Distributions;
  /** Of the same window: the verdicts. */
  readonly report: Report | undefined;
}

/** A small picture for each feature, what has drifted first. */
export const DistributionGrid = ({ distributions, report }: DistributionGridProps) => {
  const verdicts = new Map(report?.drift.features.map((column) => [column.name, column]));
  const columns = [...distributions.features].sort(
    (a, b) => (judgedValue(verdicts.get(b.name)).value ?? 0) - (judgedValue(verdicts.get(a.name)).value ?? 0),
  );
  return (
    <>
      <p className="key">
        <span className="swatch swatch-reference" aria-hidden="true" /> reference
        <span className="swatch swatch-window" aria-hidden="true" /> this window
        <span className="soft">share of rows by cell; the cells were chosen from the reference</span>
      </p>
      <div className="distributions">
        {distributions.score && (
          <Distribution column={distributions.score} verdict={report?.score ?? undefined} />
        )}
        {columns.map((column) => (
          <Distribution key={column.name} column={column} verdict={verdicts.get(column.name)} />
        ))}
      </div>
    </>
  );
};

const WIDTH = 300;
const HEIGHT = 90;

const Distribution = ({
  column,
  verdict,
}: {
  readonly column: ColumnCounts;
  readonly verdict: ReportedColumn | undefined;
}) => {
  const { name, cells, reference, window } = column;
  const shares = cells.map((cell, i) => ({
    name: nameOf(cell),
    reference: shareOf(reference.counts, i, reference.rows),
    window: shareOf(window.counts, i, window.rows),
  }));
  // Open cells at the ends are empty as a rule, and then say nothing.
  const shown = shares.filter(
    (share, i) => share.reference + share.window > 0 || (i > 0 && i < cells.length - 1),
  );
  const top = Math.max(...shown.map((share) => Math.max(share.reference, share.window)), 0.01);
  const step = WIDTH / Math.max(1, shown.length);
  const height = (share: number): number => (share / top) * (HEIGHT - 4);
  const { value, statistic } = judgedValue(verdict);
  return (
    <figure className="distribution">
      <figcaption>
        <strong>{name}</strong>
        {verdict && (
          <Badge tone={verdict.drifted ? 'bad' : verdict.drifted === null ? 'plain' : 'good'}>
            {verdict.drifted === null ? 'too few rows' : `${words(statistic)} ${figure(value, 2)}`}
          </Badge>
        )}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {shown.map((share, i) => (
          <g key={share.name}>
            <rect
              className="bar-reference"
              x={i * step + step * 0.08}
              width={step * 0.84}
              y={HEIGHT - height(share.reference)}
              height={height(share.reference)}
            />
            <rect
              className="bar-window"
              x={i * step + step * 0.27}
              width={step * 0.46}
              y={HEIGHT - height(share.window)}
              height={height(share.window)}
            />
          </g>
        ))}
      </svg>
      <p className="ends">
        <span>{shown[0]?.name}</span>
        <span>{shown.length > 1 && shown.at(-1)?.name}</span>
      </p>
      <p className="soft small-text">
        mean {figure(verdict?.mean)} (reference {figure(verdict?.mean_reference)}), missing{' '}
        {percent(window.rows === 0 ? null : window.missing / window.rows)}
      </p>
      <details>
        <summary>As a table</summary>
        <table>
          <caption className="hidden">Shares of {name} by cell</caption>
          <thead>
            <tr>
              <th scope="col">Cell</th>
              <th scope="col" className="number">
                Reference
              </th>
              <th scope="col" className="number">
                Window
              </th>
            </tr>
          </thead>
          <tbody>
            {shares.map((share) => (
              <tr key={share.name}>
                <th scope="row">{share.name}</th>
                <td className="number">{percent(share.reference)}</td>
                <td className="number">{percent(share.window)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
};

const shareOf = (counts: readonly number[], cell: number, rows: number): number =>
  rows === 0 ? 0 : (counts[cell] ?? 0) / rows;

const nameOf = ([from, to]: ColumnCounts['cells'][number]): string => {
  if (from === null && to === null) return 'any other';
  if (from === to) return figure(from);
  if (from === null) return `below ${figure(to)}`;
  if (to === null) return `above ${figure(from)}`;
  return `${figure(from)} to ${figure(to)}`;
};
