import type { DemoResult } from './fraud-demo';

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
    `Model ${model.name}@${model.version} (${model.digest.slice(0, 12)}), on the hold-out`,
    ...Object.entries(metrics).map(
      ([name, value]) => `  ${name.padEnd(18)} ${value === null ? 'none' : value.toFixed(4)}`,
    ),
    '',
    `Speed: ${result.eventsPerSecond.toLocaleString('en-US')} events/s from inbox to vector and prediction; one event at 200/s takes ${latencyMs.p50 ?? '-'} ms (p50), ${latencyMs.p99 ?? '-'} ms (p99) from inbox to prediction`,
    `Time: ${result.seconds.toFixed(1)} s`,
    '',
    result.ok
      ? 'The log is whole: every inbox record has one outcome, every observation one vector, every vector since the deployment one prediction.'
      : `NOT WHOLE:\n${result.faults.map((fault) => `  - ${fault}`).join('\n')}`,
    '',
    ...(where.keep
      ? [
          `It still runs: the console is at ${where.console}, \`./playhead status --data-dir ${where.dataDir}\` shows the rest, \`./playhead down --data-dir ${where.dataDir}\` ends it, \`up\` with the same folder goes on with it.`,
        ]
      : [
          'Everything was stopped. Run it again with --keep to look around: the first page of the console, `./playhead tail`, `./playhead models show fraud`.',
        ]),
  ].join('\n');
};
