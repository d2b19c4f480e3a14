import { judgedValue, type Report, type ReportedColumn } from '../../data/monitoring';
import { figure, percent, words } from '../../parts/format';
import { Link } from '../../parts/link';

interface DriftTableProps {
  readonly deployment: string;
  /** The newest first. */
  readonly reports: readonly Report[];
}

/** A row for each feature, a column for each window; what is over its limit is framed and marked. */
export const DriftTable = ({ deployment, reports }: DriftTableProps) => {
  if (reports.length === 0) return <p className="empty">No window has been reported yet.</p>;
  const shown = [...reports].reverse();
  const names = [...new Set(shown.flatMap(({ drift }) => drift.features.map(({ name }) => name)))];
  const caption = `Drift of ${names.length} features and of the score in ${shown.length} windows`;
  const columnsOf = (name: string) =>
    shown.map(({ drift, score }) =>
      name === '' ? score : (drift.features.find((feature) => feature.name === name) ?? null),
    );
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table className="heat">
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Feature</th>
            {shown.map(({ window, version, position }) => (
              <th key={position} scope="col" className="number">
                <Link
                  to={['monitors', deployment]}
                  query={{ window: window.start, version: String(version) }}
                >
                  {headOf(window.start, window.end)}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...names, ''].map((name) => (
            <tr key={name}>
              <th scope="row">{name || 'score of the model'}</th>
              {columnsOf(name).map((column, i) => (
                <HeatCell
                  key={shown[i]!.position}
                  name={name || 'score'}
                  column={column}
                  report={shown[i]!}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const HeatCell = ({
  name,
  column,
  report,
}: {
  readonly name: string;
  readonly column: ReportedColumn | null;
  readonly report: Report;
}) => {
  const { value, statistic } = judgedValue(column);
  if (!column || value === null) return <td className="number soft">–</td>;
  const limit =
    column.threshold ?? (typeof report.drift.threshold === 'number' ? report.drift.threshold : null);
  const verdict =
    column.drifted === null ? 'too few rows to tell' : column.drifted ? 'drifted' : 'within its limit';
  const about = `${name}: ${words(statistic)} ${figure(value)}, ${verdict}${limit === null ? '' : ` (limit ${figure(limit)})`}; mean ${figure(column.mean)}, in the reference ${figure(column.mean_reference)}; missing ${percent(column.missing)}`;
  const share = limit && limit > 0 ? Math.min(1, value / (2 * limit)) : 0;
  return (
    <td
      className={`number cell${column.drifted ? ' over' : ''}${column.drifted === null ? ' soft' : ''}`}
      title={about}
      style={{ '--share': column.drifted === null ? 0 : share } as Record<string, unknown>}
    >
      {column.drifted && <span aria-hidden="true">▲ </span>}
      {figure(value, 2)}
      {column.drifted && <span className="hidden"> drifted</span>}
    </td>
  );
};

const headOf = (start: string, end: string): string =>
  Date.parse(end) - Date.parse(start) >= 86_400_000
    ? start.slice(5, 10)
    : start.slice(5, 16).replace('T', ' ');
