import type { EventOf, GatesLearned, WindowReported } from '#contracts';
import { compareColumn, type ColumnProfile, type ReferenceProfile, type WindowProfile } from '#drift';
import { Defect } from '#kernel';
import { isoWindow } from '../event-window';
import type { Performance } from '../parts/performance-part';
import type { WatchedWindow } from './watched-window';

export type Report = EventOf<typeof WindowReported>;
export type Gates = EventOf<typeof GatesLearned>['gates'];
type ColumnReport = Report['drift']['features'][number];

/**
 * A column with fewer values gets no verdict: at 200 rows the noise of the index over 20 cells stays below the default limit of
 * 0.2 (about (k - 1) / n, and three times the root of 2(k - 1) / n^2 above it).
 */
export const MIN_ROWS = 200;

/** The report of a window from all parts that have come; gives it its next revision. */
export const reportOf = (
  deployment: string,
  window: WatchedWindow,
  reference: ReferenceProfile | undefined,
  gates: Gates,
): Report => {
  const about = window.about;
  if (!about)
    throw new Defect(`a window of ${deployment} is to be reported before any prediction of it was counted`);
  const { version, threshold } = window.watched;
  const features = featureReports(window, reference, about.drift_threshold);
  const judged = features.filter(({ drifted }) => drifted !== null);
  return {
    deployment,
    version,
    threshold,
    window: isoWindow(window.watched.window),
    revision: window.reported(),
    model: about.model,
    task: about.task,
    profile: about.profile,
    predictions: window.predictions,
    decisions: { positive: window.positives, negative: window.decided - window.positives },
    routes: { ...window.routes },
    drift: {
      statistic: 'psi',
      threshold: about.drift_threshold,
      min_rows: MIN_ROWS,
      features,
      drifted: judged.filter(({ drifted }) => drifted).length,
      judged: judged.length,
    },
    score: scoreReport(window, reference, about.drift_threshold),
    performance: window.performance && performanceReport(window.performance, threshold, gates),
    sources: window.sources,
  };
};

const featureReports = (
  { columns }: WatchedWindow,
  reference: ReferenceProfile | undefined,
  threshold: number,
): ColumnReport[] =>
  reference
    ? columns.features.map((column, i) => {
        const feature = reference.features[i]!;
        return { name: feature.name, ...columnReport(column, feature, threshold) };
      })
    : [];

const scoreReport = (
  { columns: { score } }: WatchedWindow,
  reference: ReferenceProfile | undefined,
  threshold: number,
): Report['score'] =>
  reference && score
    ? { ...columnReport(score, reference.score, threshold), min: score.min, max: score.max, std: score.std }
    : null;

const columnReport = (
  column: WindowProfile,
  reference: ColumnProfile,
  threshold: number,
): Omit<ColumnReport, 'name'> => {
  const { psi, drifted, missing } = compareColumn(reference, column, { threshold, minRows: MIN_ROWS });
  return {
    psi,
    drifted,
    missing: missing.current,
    missing_reference: missing.reference,
    mean: column.mean,
    mean_reference: reference.mean,
  };
};

const performanceReport = (
  performance: Performance,
  threshold: number | null,
  gates: Gates,
): Report['performance'] => {
  if (performance.task === 'binary') {
    const { rows, positives, invalid, metrics, bounds } = performance.counts.report();
    return {
      rows,
      positives,
      invalid,
      metrics: { ...metrics },
      bounds: { ...bounds },
      gates: judge(gates, { ...metrics }, threshold),
    };
  }
  const { rows, invalid, metrics } = performance.counts.report();
  return {
    rows,
    positives: null,
    invalid,
    metrics: { ...metrics },
    bounds: {},
    gates: judge(gates, { ...metrics }, null),
  };
};

/** Gates that say the same of a window as of a hold-out: not those of the first k rows, nor of another decision threshold. */
const judge = (
  gates: Gates,
  metrics: Readonly<Record<string, number | null>>,
  threshold: number | null,
): Gates =>
  gates
    .filter((gate) => gate.k === undefined && (gate.threshold === undefined || gate.threshold === threshold))
    .map((gate) => {
      const value = metrics[gate.metric] ?? null;
      const { min = -Infinity, max = Infinity } = gate;
      return { ...gate, value, passed: value !== null && value >= min && value <= max };
    });
