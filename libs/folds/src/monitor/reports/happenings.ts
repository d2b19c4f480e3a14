import type { DriftDetected, EventOf, FreshnessChecked } from '#contracts';
import { timestampMs } from '#kernel';
import type { Judging } from '../watch';
import { decideAlert, type AlertFact, type Watching } from './alerts';
import type { Report } from './report';
import { short, type Verdict } from './verdicts';
import { windowOfFact } from './watched-window';

export type DetectedFact = EventOf<typeof DriftDetected>;
export type FreshnessFact = EventOf<typeof FreshnessChecked>;

/** Undefined where errors became fewer: that a detector sees it too, but it is nothing to warn of. */
export const detectionVerdict = ({
  detector,
  version,
  errors,
  mean,
  recent,
  event_id,
  span,
}: DetectedFact): Verdict | undefined =>
  recent <= mean
    ? undefined
    : {
        kind: 'concept-drift',
        subject: detector,
        statistic: 'mean error',
        value: recent,
        limit: mean,
        rows: errors,
        isOver: true,
        effect: 1,
        message: `${detector} says that the errors of version ${version} have changed: ${short(recent)} lately, ${short(mean)} over ${errors} labelled predictions; it fired at ${event_id}, ${span.topic} ${span.partition}-${span.from}`,
      };

/**
 * A detector fired. What it had seen reaches back to where it began anew, before windows that were judged since: it counts as of when
 * it fired.
 */
export const decideDetection = (watching: Map<string, Watching>, fact: DetectedFact): AlertFact[] => {
  const verdict = detectionVerdict(fact);
  if (!verdict) return [];
  const { deployment, model, version, window, span } = fact;
  const about = { deployment, model, version, window, report: 1, sources: [span], isHappening: true };
  return decideAlert(watching, about, verdict);
};

/** What detectors raised ends with a measured window that began after the change, in which none fired. */
export const concludedDetections = (
  watching: Map<string, Watching>,
  { deployment, model, version, window, revision, performance, sources }: Report,
  monitor: Judging | undefined,
): AlertFact[] => {
  if (!performance) return [];
  return (monitor?.detect ?? []).flatMap((detector) => {
    const open = watching.get(`${deployment}/concept-drift/${detector}`);
    if (!open?.open || windowOfFact(window).start < open.judged.end) return [];
    const about = { deployment, model, version, window, report: revision, sources };
    return decideAlert(watching, about, {
      kind: 'concept-drift',
      subject: detector,
      statistic: 'mean error',
      value: null,
      limit: 0,
      rows: performance.rows,
      isOver: false,
      effect: 1,
      message: `${detector} did not fire in a window of ${performance.rows} labelled predictions after the change`,
    });
  });
};

export const freshnessVerdict = ({ newest, now, limit_ms }: FreshnessFact): Verdict => {
  const silent = Math.max(0, timestampMs(now) - timestampMs(newest));
  const isOver = silent >= limit_ms;
  const figures = `the newest prediction is ${short(silent / 1_000)} s old, the limit is ${short(limit_ms / 1_000)} s`;
  return {
    kind: 'freshness',
    subject: 'data',
    statistic: 'milliseconds without an event',
    value: silent,
    limit: limit_ms,
    rows: 0,
    isOver,
    effect: null,
    message: isOver ? `no events come: ${figures}` : `events come again: ${figures}`,
  };
};
