import type { WhatIfMonitorReport } from '#replay';
import { plural, printable, table } from '../view/text';

/** What a monitor would have told, beside what was told. */
export const describeMonitor = (report: WhatIfMonitorReport): string => {
  const { deployment, monitor, records, labels, reports, alerts, recorded, notes } = report;
  const lost = recorded.filter(({ found }) => !found);
  return [
    `monitor ${monitor} over the past of ${deployment}: ${plural(records, 'prediction')}, ${plural(labels, 'label')}, ${plural(reports.length, 'window')}`,
    ...[...new Set([...notes, ...reports.flatMap((each) => each.notes ?? [])])].map((note) => `  ${note}`),
    alerts.length === 0
      ? 'it would have raised nothing'
      : table(
          ['window', 'would have been raised', 'was', 'severity', 'ended', 'message'],
          alerts.map(({ window, kind, subject, recorded: was, severity = '', resolved, message }) => [
            window.start,
            `${kind} ${printable(subject)}`,
            was ? 'yes' : 'no',
            severity,
            resolved ?? '-',
            printable(message),
          ]),
        ),
    ...(lost.length === 0
      ? [`${plural(recorded.length, 'alert')} raised then, all of them here too`]
      : [
          `${plural(lost.length, 'alert')} of ${recorded.length} raised then would not have been:`,
          table(
            ['window', 'was raised', 'message'],
            lost.map(({ window, kind, subject, message }) => [
              window.start,
              `${kind} ${printable(subject)}`,
              printable(message),
            ]),
          ),
        ]),
  ].join('\n');
};
