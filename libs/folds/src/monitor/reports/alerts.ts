import type { AlertRaised, AlertResolved, EventOf } from '#contracts';
import { isoWindow, type EventWindow } from '../event-window';
import { MIN_ROWS, type Report } from './report';
import { windowOfFact } from './watched-window';

export type Raised = EventOf<typeof AlertRaised>;
export type Resolved = EventOf<typeof AlertResolved>;
export type AlertFact =
  { readonly type: 'raised'; readonly fact: Raised } | { readonly type: 'resolved'; readonly fact: Resolved };

/** A share of missing values so much above that of the reference is an alert. */
export const MISSING_MARGIN = 0.1;

/** What a report says about one thing that is watched. */
export interface Verdict {
  readonly kind: Raised['kind'];
  readonly subject: string;
  readonly value: number | null;
  readonly limit: number;
  readonly rows: number;
  readonly isOver: boolean;
  readonly message: string;
}

/** Only what there is enough to judge by. */
export const verdictsOf = (report: Report): Verdict[] => [
  ...driftVerdicts(report),
  ...missingVerdicts(report),
  ...performanceVerdicts(report),
];

const driftVerdicts = ({ drift, score, predictions: rows }: Report): Verdict[] => {
  const limit = drift.threshold;
  const verdict = (
    kind: Verdict['kind'],
    subject: string,
    name: string,
    psi: number,
    isOver: boolean,
  ): Verdict => ({
    kind,
    subject,
    value: psi,
    limit,
    rows,
    isOver,
    message: isOver
      ? `${name} has drifted: PSI ${short(psi)}, the limit is ${limit}`
      : `${name} is as in the reference again: PSI ${short(psi)}, the limit is ${limit}`,
  });
  const verdicts = drift.features.flatMap(({ name, psi, drifted }) =>
    psi === null || drifted === null ? [] : [verdict('feature-drift', name, name, psi, drifted)],
  );
  if (score && score.psi !== null && score.drifted !== null) {
    verdicts.push(verdict('score-drift', 'score', 'the score', score.psi, score.drifted));
  }
  return verdicts;
};

const missingVerdicts = ({ drift, predictions: rows }: Report): Verdict[] =>
  drift.features.flatMap(({ name, missing, missing_reference }) => {
    if (missing === null || rows < MIN_ROWS) return [];
    const usual = missing_reference ?? 0;
    const limit = usual + MISSING_MARGIN;
    const isOver = missing >= limit;
    const shares = `${percent(missing)} of the rows have none, in the reference ${percent(usual)}`;
    const message = isOver ? `${name} is missing: ${shares}` : `${name} is there again: ${shares}`;
    return [{ kind: 'missing-values' as const, subject: name, value: missing, limit, rows, isOver, message }];
  });

const performanceVerdicts = ({ performance, version }: Report): Verdict[] => {
  if (!performance || performance.rows < MIN_ROWS) return [];
  return performance.gates.flatMap(({ metric, min, max, value, passed }) => {
    if (value === null) return [];
    const limit = (min !== undefined && value < min ? min : (max ?? min)) ?? 0;
    const message = passed
      ? `${metric} of version ${version} keeps its gate again: ${short(value)}, the gate is ${limit}`
      : `${metric} of version ${version} does not keep its gate any more: ${short(value)}, the gate is ${limit}`;
    return [
      {
        kind: 'performance' as const,
        subject: metric,
        value,
        limit,
        rows: performance.rows,
        isOver: !passed,
        message,
      },
    ];
  });
};

/** What is known of one watched thing of a deployment: the newest window that was judged, and the alert while there is one. */
export interface Watching {
  readonly judged: EventWindow;
  readonly open?: { readonly alert: string; readonly raised: EventWindow };
  /** An operator has ended the alert of the window judged: what comes of the same window does not raise it again. */
  readonly isDismissed?: boolean;
}

/**
 * Compares a report with what is watched and says what rises or ends, in the order of the verdicts. The newest window judged decides:
 * reports of earlier ones, which come again with late labels, change nothing. Of a version that was only tried, as a canary or an arm, the
 * limits of its rollout say more, and sooner.
 */
export const decideAlerts = (watching: Map<string, Watching>, report: Report): AlertFact[] => {
  const window = windowOfFact(report.window);
  if (!hasAnswered(report)) return [];
  return verdictsOf(report).flatMap((verdict): AlertFact[] => {
    const key = `${report.deployment}/${verdict.kind}/${verdict.subject}`;
    const before = watching.get(key);
    if (before && window.start < before.judged.start) return [];
    const open = before?.open;
    if (verdict.isOver) {
      if (open) {
        watching.set(key, { judged: window, open });
        return [];
      }
      if (before?.isDismissed && window.start === before.judged.start) return [];
      const alert = `${key}@${report.window.start}`;
      watching.set(key, { judged: window, open: { alert, raised: window } });
      return [{ type: 'raised', fact: alertOf(alert, report, verdict) }];
    }
    watching.set(key, { judged: window });
    if (!open) return [];
    const raised = isoWindow(open.raised);
    return [{ type: 'resolved', fact: { ...alertOf(open.alert, report, verdict), raised } }];
  });
};

/** An operator says that an alert is over: it rises again, under another name, when a later window is over its limit. */
export const dismissAlert = (watching: Map<string, Watching>, alert: string): void => {
  for (const [key, { judged, open }] of watching)
    if (open?.alert === alert) watching.set(key, { judged, isDismissed: true });
};

const hasAnswered = ({ routes }: Report): boolean => (routes['champion'] ?? 0) > 0;

const alertOf = (alert: string, report: Report, verdict: Verdict): Raised => {
  const { deployment, model, version, window, revision, sources } = report;
  const { kind, subject, value, limit, rows, message } = verdict;
  return {
    alert,
    deployment,
    model,
    version,
    kind,
    subject,
    window,
    report: revision,
    value,
    limit,
    rows,
    message,
    sources,
  };
};

const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${short(share * 100)} %`;
