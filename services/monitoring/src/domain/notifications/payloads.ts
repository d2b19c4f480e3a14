import type { Due } from './notifier';
import {
  aboutOf,
  figuresOf,
  headline,
  linkOf,
  remarksOn,
  severityOf,
  sourcesOf,
  windowOf,
  type NotifiedAlert,
  type Sender,
} from './words';

/** A CloudEvent in structured mode: the notification as it stands on the log, without the names of secrets. `time` is its append time. */
export const webhookBody = (due: Due, time: string): string => {
  const { target: _, ...data } = due;
  return JSON.stringify({
    specversion: '1.0',
    id: due.notification,
    source: 'monitoring.notifications',
    type: 'monitoring.notification.due',
    subject: due.group,
    time,
    datacontenttype: 'application/json',
    data,
  });
};

/**
 * Alertmanager takes an alert for over when its `endsAt` is past. Here an end is a fact that will be delivered, so what is open ends far from
 * now, and not when the next message is late.
 */
const OPEN_FOR_MS = 30 * 86_400_000;

export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** `POST /api/v2/alerts`. The labels of an alert are the same from its rise to its end: they are its identity there. */
export const alertmanagerBody = (due: Due, sender: Sender, nowMs: number): AlertmanagerAlert[] =>
  [...due.firing, ...due.resolved].map((alert) => ({
    labels: {
      alertname: alert.kind,
      alert: alert.alert,
      namespace: sender.namespace,
      deployment: alert.deployment,
      model: alert.model,
      version: String(alert.version),
      subject: alert.subject,
      severity: severityOf(alert),
      ...(alert.slice && { slice: `${alert.slice.field}=${alert.slice.value}` }),
    },
    annotations: {
      summary: alert.message,
      description: figuresOf(alert),
      value: String(alert.value),
      limit: String(alert.limit),
      rows: String(alert.rows),
      effect: String(alert.effect ?? ''),
      window: windowOf(alert),
      sources: sourcesOf(alert),
      position: `monitoring.alerts:${alert.position}`,
      ...(alert.acknowledged_by !== undefined && { acknowledged_by: alert.acknowledged_by }),
      ...(alert.resolution !== undefined && { resolution: alert.resolution }),
    },
    startsAt: alert.raised_at,
    endsAt: alert.resolved_at ?? new Date(nowMs + OPEN_FOR_MS).toISOString(),
    generatorURL: linkOf(sender, alert),
  }));

interface SlackText {
  readonly type: 'mrkdwn' | 'plain_text';
  readonly text: string;
}
interface SlackBlock {
  readonly type: 'header' | 'section' | 'context';
  readonly text?: SlackText;
  readonly elements?: readonly SlackText[];
}
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** Slack takes at most 50 blocks, 150 characters in a header and 3,000 in a section. */
const SLACK_ALERTS = 46;
const SLACK_HEADER = 150;
const SLACK_SECTION = 2_900;

/** An incoming webhook's message: `text` for notifications and for those who cannot show blocks. */
export const slackMessage = (due: Due, sender: Sender): SlackMessage => {
  const title = headline(due);
  const alerts = [...due.firing, ...due.resolved];
  const shown = alerts.slice(0, SLACK_ALERTS);
  const remarks = [
    ...(alerts.length > shown.length ? [`${alerts.length - shown.length} more have no room here`] : []),
    ...remarksOn(due),
  ];
  return {
    text: escaped(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title.slice(0, SLACK_HEADER) } },
      ...shown.map((alert): SlackBlock => ({
        type: 'section',
        text: { type: 'mrkdwn', text: slackAlert(alert, sender).slice(0, SLACK_SECTION) },
      })),
      ...(remarks.length === 0
        ? []
        : [
            {
              type: 'context',
              elements: [{ type: 'mrkdwn', text: escaped(remarks.join('; ')) }],
            } satisfies SlackBlock,
          ]),
    ],
  };
};

const slackAlert = (alert: NotifiedAlert, sender: Sender): string => {
  const over = alert.resolved_at !== undefined;
  const mark = over
    ? ':white_check_mark:'
    : severityOf(alert) === 'critical'
      ? ':rotating_light:'
      : ':warning:';
  return [
    `${mark} *<${linkOf(sender, alert)}|${escaped(aboutOf(alert))}>*`,
    escaped(over ? (alert.resolution ?? alert.message) : alert.message),
    `_${escaped(figuresOf(alert))}_`,
    escaped(windowOf(alert)),
    `\`${escaped(sourcesOf(alert))}\``,
  ].join('\n');
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** Plain text, so that nothing in it is obeyed. A subject is one line. */
export const mailOf = (due: Due, sender: Sender): Mail => {
  const title = headline(due);
  const critical = due.firing.some((alert) => severityOf(alert) === 'critical');
  const part = (name: string, alerts: readonly NotifiedAlert[]): string[] =>
    alerts.length === 0 ? [] : [name, ...alerts.map((alert) => mailAlert(alert, sender))];
  return {
    subject: `[playhead${critical ? ' critical' : ''}] ${title}`.replaceAll(/\s+/gu, ' '),
    text: [
      title,
      ...part('Open, what hurts most first:', due.firing),
      ...part('Over:', due.resolved),
      ...remarksOn(due),
      `Notification ${due.notification} of ${sender.namespace}; ${sender.console}`,
    ].join('\n\n'),
  };
};

const mailAlert = (alert: NotifiedAlert, sender: Sender): string =>
  [
    `* ${aboutOf(alert)} (${severityOf(alert)})`,
    `  ${alert.message}`,
    ...(alert.resolution === undefined ? [] : [`  ${alert.resolution}`]),
    ...(alert.acknowledged_by === undefined ? [] : [`  acknowledged by ${alert.acknowledged_by}`]),
    `  ${figuresOf(alert)}`,
    `  window ${windowOf(alert)}`,
    `  made by ${sourcesOf(alert)}`,
    `  ${linkOf(sender, alert)}`,
  ].join('\n');
