/** Figures under their titles; `cells` of one row each. A number is written for a person, null as a dash. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Thousands with commas, small numbers with three significant digits. */
export const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
};

const written = (cell: string | number | null): string =>
  cell === null ? '-' : typeof cell === 'number' ? formatNumber(cell) : cell;

/** Text in columns: the first to the left, what holds numbers to the right. */
export const renderTable = ({ title, columns, rows }: Table): string => {
  const cells = [columns, ...rows.map((row) => row.map(written))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const numeric = columns.map((_, i) => i > 0 && rows.some((row) => typeof row[i] === 'number'));
  const lines = cells.map((row) =>
    columns
      .map((_, i) => (numeric[i] ? (row[i] ?? '').padStart(widths[i]!) : (row[i] ?? '').padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
};

/** The same as a table of Markdown, without its title. */
export const renderMarkdown = ({ columns, rows }: Table): string =>
  [columns, columns.map(() => '---'), ...rows.map((row) => row.map(written))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
