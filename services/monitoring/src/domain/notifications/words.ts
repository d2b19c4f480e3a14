import type { Due } from './notifier';

export type NotifiedAlert = Due['firing'][number];

/** What a message needs to know of the platform that sends it. */
export interface Sender {
  readonly namespace: string;
  /** Address of the console, without a slash at its end. */
  readonly console: string;
}

/** What is open and what has ended, in a few words. */
export const headline = ({ deployment, firing, resolved, left_out, because }: Due): string => {
  const parts = [
    firing.length > 0 ? `${count(firing.length + left_out, 'alert')} open` : '',
    resolved.length > 0 ? `${resolved.length} over` : '',
  ].filter((part) => part !== '');
  const still = because === 'repeated' ? ' (still)' : '';
  return `${deployment}: ${parts.join(', ')}${still}`;
};

/** Value, limit and rows. */
export const figuresOf = ({ statistic, value, limit, rows, version, model }: NotifiedAlert): string =>
  `${statistic ?? 'value'} ${value === null ? 'none' : short(value)}, limit ${short(limit)}, ${count(rows, 'row')}, ${model}@${version}`;

export const windowOf = ({ window }: NotifiedAlert): string => `${window.start} to ${window.end}`;

/** Offsets of the predictions that made it. */
export const sourcesOf = ({ sources }: NotifiedAlert): string =>
  sources.map(({ topic, partition, from, to }) => `${topic}:${partition} ${from}..${to - 1}`).join(', ');

export const aboutOf = ({ kind, subject, slice }: NotifiedAlert): string =>
  `${kind} ${subject}${slice ? ` where ${slice.field} is ${slice.value}` : ''}`;

export const severityOf = ({ severity }: NotifiedAlert): 'warning' | 'critical' => severity ?? 'warning';

export const linkOf = ({ console }: Sender, { alert }: NotifiedAlert): string =>
  `${console}/#/alerts/${encodeURIComponent(alert)}`;

/** What the message has no room for, and what nobody is told. */
export const remarksOn = ({ left_out, silenced }: Due): string[] => [
  ...(left_out > 0 ? [`${left_out} more are open; the console lists them`] : []),
  ...(silenced > 0 ? [`${silenced} more are silenced`] : []),
];

const short = (value: number): string => String(Number(value.toPrecision(4)));
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
