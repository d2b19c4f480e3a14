import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand on the right, in figures of one width. */
  readonly number?: boolean;
  /** The cell that names its row. */
  readonly isHead?: boolean;
  /** Long text may take the room that is left. */
  readonly wide?: boolean;
}

interface TableProps<Row> {
  /** What the table shows; `hidden` where the heading above says it already. */
  readonly caption: string;
  readonly captionHidden?: boolean;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly empty: ReactNode;
}

const classOf = <Row,>({ number, wide }: Column<Row>): string | undefined =>
  [number && 'number', wide && 'wide'].filter(Boolean).join(' ') || undefined;

/** Scrolls sideways by itself, also by the keyboard. */
export const Table = <Row,>({
  caption,
  captionHidden = true,
  columns,
  rows,
  keyOf,
  empty,
}: TableProps<Row>) =>
  rows.length === 0 ? (
    <p className="empty">{empty}</p>
  ) : (
    <div className="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table>
        <caption className={captionHidden ? 'hidden' : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) =>
                column.isHead ? (
                  <th key={column.head} scope="row" className={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.head} className={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
