import type { AlertKind, AlertRaised, AlertResolved, EventOf } from '#contracts';
import { isoWindow, type EventWindow } from '../event-window';
import type { Judging } from '../watch';
import type { Report } from './report';
import { verdictsOf, type Verdict } from './verdicts';
import { windowOfFact } from './watched-window';

export type Raised = EventOf<typeof AlertRaised>;
export type Resolved = EventOf<typeof AlertResolved>;
export type AlertFact =
  { readonly type: 'raised'; readonly fact: Raised } | { readonly type: 'resolved'; readonly fact: Resolved };

/** What is known of one watched thing of a deployment: the newest window that was judged, and the alert while there is one. */
export interface Watching {
  readonly judged: EventWindow;
  /** Of windows by count: their order is this, not that of their times. */
  readonly number?: number;
  /** With the version that it is about; absent in states of before it was noted. */
  readonly open?: { readonly alert: string; readonly raised: EventWindow; readonly version?: number };
  /** An operator has ended the alert of the window judged: what comes of the same window does not raise it again. */
  readonly isDismissed?: boolean;
}

/** About what an alert is, beside what was found. */
export type About = Pick<Raised, 'deployment' | 'model' | 'version' | 'window' | 'report' | 'sources'> & {
  readonly number?: number;
  /** It is told as it happens, in the order of the log, whatever its window reaches back to. */
  readonly isHappening?: boolean;
};

/**
 * Compares a report with what is watched and says what rises or ends, what likely hurts most first. The newest window judged decides:
 * reports of earlier ones, which come again with late labels, change nothing. Of a version that was only tried, as a canary or an arm, the
 * limits of its rollout say more, and sooner.
 */
export const decideAlerts = (
  watching: Map<string, Watching>,
  report: Report,
  monitor?: Judging,
): AlertFact[] => {
  if (!hasAnswered(report)) return [];
  const { deployment, model, version, window, number, revision, sources } = report;
  const about = { deployment, model, version, window, number, report: revision, sources };
  return byEffect(verdictsOf(report, monitor)).flatMap((verdict) => decideAlert(watching, about, verdict));
};

/** What one verdict changes: at most one alert rises or ends. */
export const decideAlert = (watching: Map<string, Watching>, about: About, verdict: Verdict): AlertFact[] => {
  const window = windowOfFact(about.window);
  const key = watchingKey(about.deployment, verdict);
  const before = watching.get(key);
  if (before && isEarlier(about, window, before)) return [];
  const open = before?.open;
  const judged = {
    judged: judgedUntil(window, about, before),
    ...(about.number !== undefined && { number: about.number }),
  };
  if (verdict.isOver) {
    const isSame = open && !isOfNextVersion(about, window, open.version, before);
    if (isSame) {
      watching.set(key, { ...judged, open });
      return [];
    }
    if (before?.isDismissed && window.start === before.judged.start) return [];
    const again = open?.raised.start === window.start ? `/${about.version}` : '';
    const alert = `${key}@${about.window.start}${again}`;
    watching.set(key, { ...judged, open: { alert, raised: window, version: about.version } });
    return [
      ...(open ? [resolved(open, about, verdict)] : []),
      { type: 'raised', fact: alertOf(alert, about, verdict) },
    ];
  }
  watching.set(key, judged);
  return open ? [resolved(open, about, verdict)] : [];
};

const resolved = (
  { alert, raised }: NonNullable<Watching['open']>,
  about: About,
  verdict: Verdict,
): AlertFact => ({
  type: 'resolved',
  fact: { ...alertOf(alert, about, verdict), raised: isoWindow(raised) },
});

/**
 * An alert is about a version: what is over its limit under the next one too is another alert, which asks for what the first one asked for.
 * Of one window that two versions answered, what comes late of the older one does not take the word back.
 */
const isOfNextVersion = (
  { version }: About,
  window: EventWindow,
  openOf: number | undefined,
  before: Watching | undefined,
): boolean =>
  openOf !== undefined &&
  version !== openOf &&
  (version > openOf || (before !== undefined && window.start > before.judged.start));

/** An operator says that an alert is over: it rises again, under another name, when a later window is over its limit. */
export const dismissAlert = (watching: Map<string, Watching>, alert: string): void => {
  for (const [key, { open, ...rest }] of watching)
    if (open?.alert === alert) watching.set(key, { ...rest, isDismissed: true });
};

const isEarlier = ({ number, isHappening }: About, { start }: EventWindow, before: Watching): boolean => {
  if (isHappening) return false;
  if (number !== undefined && before.number !== undefined) return number < before.number;
  return number === undefined && before.number === undefined && start < before.judged.start;
};

/** What happens does not take back how far windows were judged. */
const judgedUntil = (
  window: EventWindow,
  { isHappening }: About,
  before: Watching | undefined,
): EventWindow =>
  isHappening && before ? { ...window, end: Math.max(window.end, before.judged.end) } : window;

/** Fairness is of a field; who is furthest apart changes. */
const watchingKey = (deployment: string, { kind, subject, slice }: Verdict): string => {
  const key = `${deployment}/${kind}/${subject}`;
  if (!slice) return key;
  return kind === 'fairness' ? `${key}/${slice.field}` : `${key}/${slice.field}=${slice.value}`;
};

/** The order of the verdicts stays where there is nothing to choose by; what nobody can rank comes last. */
const byEffect = (verdicts: readonly Verdict[]): Verdict[] =>
  [...verdicts].sort((a, b) => (b.effect ?? -1) - (a.effect ?? -1));

const hasAnswered = ({ routes }: Report): boolean => (routes['champion'] ?? 0) > 0;

const CRITICAL: readonly AlertKind[] = [
  'performance',
  'concept-drift',
  'slice-performance',
  'fairness',
  'freshness',
];

const alertOf = (
  alert: string,
  { deployment, model, version, window, report, sources }: About,
  { kind, subject, statistic, value, limit, rows, effect, slice, message }: Verdict,
): Raised => ({
  alert,
  deployment,
  model,
  version,
  kind,
  subject,
  severity: CRITICAL.includes(kind) ? 'critical' : 'warning',
  statistic,
  effect,
  ...(slice && { slice }),
  window,
  report,
  value,
  limit,
  rows,
  message,
  sources,
});
