import type { DemoResult } from './run-scenario';
import type { Check, Table } from './scenario';
import type { Step } from './story';

const count = (n: number): string => n.toLocaleString('en-US').padStart(12);

/** What happened, for a person. */
export const renderReport = (
  result: DemoResult,
  where: { readonly console: string; readonly keep: boolean; readonly dataDir: string },
): string => {
  const { counts, metrics, model, latencyMs } = result;
  const byCode = Object.entries(result.rejectionsByCode).sort((a, b) => b[1] - a[1]);
  return [
    '',
    'What came through',
    `  inbox        ${count(counts.inbox)}`,
    `  observations ${count(counts.observations)}`,
    `  rejections   ${count(counts.rejections)}   ${byCode.map(([code, n]) => `${code} ${n}`).join(', ')}`,
    `  moved        ${count(counts.moved)}`,
    `  dead letters ${count(counts.deadLetters)}`,
    `  vectors      ${count(counts.vectors)}`,
    `  predictions  ${count(counts.predictions)}`,
    '',
    ...decisionLines(result.decisions),
    ...result.tables.flatMap(tableLines),
    `Model ${model.name}@${model.version} (${model.digest.slice(0, 12)}), on its hold-out`,
    ...Object.entries(metrics).map(
      ([name, value]) => `  ${name.padEnd(18)} ${value === null ? 'none' : value.toFixed(4)}`,
    ),
    '',
    `Speed: ${result.eventsPerSecond.toLocaleString('en-US')} events/s from inbox to vector and prediction; one event at 200/s takes ${latencyMs.p50 ?? '-'} ms (p50), ${latencyMs.p99 ?? '-'} ms (p99) from inbox to prediction`,
    `Time: ${result.seconds.toFixed(1)} s`,
    '',
    'Checks',
    ...result.checks.map(checkLine),
    result.ok ? 'All green.' : 'NOT AS IT SHOULD BE.',
    '',
    ...(where.keep
      ? [
          `It still runs: the console is at ${where.console}, \`./playhead status --data-dir ${where.dataDir}\` shows the rest, \`./playhead down --data-dir ${where.dataDir}\` ends it, \`up\` with the same folder goes on with it.`,
        ]
      : [
          `Everything was stopped. Run it again with --keep to look around: the console, \`./playhead tail\`, \`./playhead models show ${model.name}\`.`,
        ]),
  ].join('\n');
};

const checkLine = ({ name, ok, value, wanted }: Check): string =>
  `  ${ok ? 'ok    ' : 'FAILED'} ${name}: ${value ?? 'nothing'} (wanted: ${wanted})`;

/** Seconds since the first of them, and what was decided. */
const decisionLines = (decisions: readonly Step[]): string[] => {
  const first = decisions[0]?.at ?? 0;
  const told = decisions.filter(({ what }) => what !== 'suppressed');
  if (told.length === 0) return [];
  return [
    'What the platform decided (seconds since the first of it)',
    ...told.map(
      ({ at, what, says }) =>
        `  ${((at - first) / 1_000).toFixed(1).padStart(7)}  ${what.padEnd(10)} ${says}`,
    ),
    '',
  ];
};

const tableLines = ({ title, columns, rows }: Table): string[] => {
  const cells = [columns, ...rows.map((row) => row.map(cellText))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`;
  return [title, ...cells.map(line), ''];
};

const cellText = (cell: string | number | null): string => {
  if (cell === null) return '-';
  return typeof cell === 'string' || Number.isInteger(cell) ? String(cell) : cell.toFixed(4);
};
