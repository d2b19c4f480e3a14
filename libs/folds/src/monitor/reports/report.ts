import type { EventOf, WindowReported } from '#contracts';
import { benjaminiHochberg, datasetDrift, type ReferenceProfile, type WindowProfile } from '#drift';
import { Defect } from '#kernel';
import { isoWindow } from '../event-window';
import type { Performance } from '../parts/performance-part';
import { DEFAULT_DRIFT_THRESHOLD, type Judging } from '../watch';
import {
  MIN_ROWS,
  isPValue,
  judgeColumn,
  strengthOf,
  type JudgedColumn,
  type ReferenceColumnProfile,
} from './judge-column';
import { judgeMetrics, limitsOf } from './limits';
import { fairnessReports, sliceReports } from './slice-reports';
import type { ReportedWith, WindowReference } from './reference';
import type { WatchedWindow } from './watched-window';

export { MIN_ROWS } from './judge-column';
export type { Gates } from './limits';
export type Report = EventOf<typeof WindowReported>;
type ColumnReport = Report['drift']['features'][number];

/** The report of a window from all parts that have come; gives it its next revision. */
export const reportOf = (deployment: string, window: WatchedWindow, given: ReportedWith): Report => {
  const about = window.about;
  if (!about)
    throw new Defect(`a window of ${deployment} is to be reported before any prediction of it was counted`);
  const { version, threshold } = window.watched;
  const { monitor } = about;
  const notes: string[] = [];
  const { reference } = given;
  const drift = driftReport(window, given, monitor, notes);
  const slices = sliceReports(window, monitor, given);
  const fairness = fairnessReports(window, monitor);
  const estimate = estimateReport(window, monitor, given, notes);
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
    drift,
    score: scoreReport(window.score, reference, monitor, notes),
    performance:
      window.performance && performanceReport(window.performance, threshold, monitor, given, notes),
    ...(estimate && { estimate }),
    ...(reference && { reference: referenceReport(reference) }),
    ...(window.watched.chunk !== undefined && { number: Number(window.watched.chunk) }),
    ...(monitor?.window_rows !== undefined && { window_rows: monitor.window_rows }),
    ...(monitor?.quality?.duplicates !== undefined && {
      duplicates: { share: window.repeats?.share ?? null },
    }),
    ...(slices.length > 0 && { slices }),
    ...(fairness.length > 0 && { fairness }),
    ...(notes.length > 0 && { notes: [...new Set(notes)] }),
    sources: window.sources,
  };
};

const referenceReport = ({ kind, windows }: WindowReference): NonNullable<Report['reference']> => ({
  kind,
  ...(windows && { windows: windows.map(isoWindow) }),
});

const driftReport = (
  window: WatchedWindow,
  { profile, reference }: ReportedWith,
  monitor: Judging | undefined,
  notes: string[],
): Report['drift'] => {
  const rule = monitor?.drift;
  if (!reference && monitor?.reference)
    notes.push(
      `there are not yet ${monitor.reference.windows + monitor.reference.back} earlier windows to compare with`,
    );
  const missing =
    rule && rule.features !== 'auto' ? rule.features.filter((name) => !window.features.has(name)) : [];
  if (profile && missing.length > 0) notes.push(`the version does not read ${missing.join(', ')}`);
  const importance = new Map(profile?.features.map((feature) => [feature.name, feature.importance]));
  const judged = [...window.features].map(([name, column]) => {
    const against = reference?.features.get(name);
    return { name, column, against, verdict: against && judgeColumn(against, column, rule) };
  });
  if (judged.some(({ verdict }) => verdict?.hadNoChunks))
    notes.push(
      'no threshold could be learned: the reference has no chunks, the default of the statistic holds',
    );
  const corrected = correct(
    judged.map(({ verdict }) => verdict),
    rule,
  );
  const features = judged.map(({ name, column, against, verdict }, i): ColumnReport => ({
    name,
    ...columnReport(column, against, verdict && { ...verdict, drifted: corrected[i]! }),
    ...(verdict && { effect: effectOf(verdict, importance.get(name) ?? null) }),
    importance: importance.get(name) ?? null,
  }));
  const verdicts = features.filter(({ drifted }) => drifted !== null);
  return {
    statistic: rule?.statistic ?? 'psi',
    threshold: rule ? (rule.threshold ?? null) : DEFAULT_DRIFT_THRESHOLD,
    ...(rule?.correction && { correction: rule.correction }),
    min_rows: MIN_ROWS,
    features,
    drifted: verdicts.filter(({ drifted }) => drifted).length,
    judged: verdicts.length,
    ...(rule?.share !== undefined && { dataset: datasetReport(features, rule.share) }),
    ...(rule?.multivariate && { multivariate: multivariateReport(window, profile, reference, notes) }),
  };
};

/** Of p-values, and only of columns with a verdict; the others stay as they were judged. */
const correct = (
  verdicts: readonly (JudgedColumn | undefined)[],
  rule: Judging['drift'] | undefined,
): (boolean | null)[] => {
  const drifted = verdicts.map((verdict) => verdict?.drifted ?? null);
  if (!rule?.correction) return drifted;
  const tested = verdicts.map((verdict) =>
    verdict && verdict.drifted !== null && isPValue(verdict) ? verdict : null,
  );
  const alpha = tested.find((verdict) => verdict !== null)?.threshold;
  if (alpha === undefined) return drifted;
  const { rejected } = benjaminiHochberg(
    tested.map((verdict) => verdict?.value ?? null),
    alpha,
  );
  return drifted.map((each, i) => (tested[i] ? rejected[i]! : each));
};

const effectOf = (verdict: JudgedColumn, importance: number | null): number | null =>
  importance === null ? null : strengthOf(verdict) * importance;

const scoreReport = (
  score: WindowProfile | null,
  reference: WindowReference | undefined,
  monitor: Judging | undefined,
  notes: string[],
): Report['score'] => {
  if (!score) return null;
  const against = reference?.score ?? undefined;
  const verdict = against && judgeColumn(against, score, monitor?.drift);
  if (verdict?.hadNoChunks)
    notes.push(
      'no threshold could be learned: the reference has no chunks, the default of the statistic holds',
    );
  const column = columnReport(score, against, verdict);
  return { ...column, min: score.min, max: score.max, std: score.std };
};

const columnReport = (
  column: WindowProfile,
  reference: ReferenceColumnProfile | undefined,
  verdict: JudgedColumn | undefined,
): Omit<ColumnReport, 'name'> => {
  const outside = outsideOf(column.bins.kind, column);
  const expected = reference && reference.rows > 0 ? outsideOf(column.bins.kind, reference) : null;
  return {
    psi: verdict?.psi ?? null,
    drifted: verdict?.drifted ?? null,
    ...(verdict && { statistic: verdict.statistic, value: verdict.value, threshold: verdict.threshold }),
    ...(outside && outside),
    ...(expected && expected.unseen !== undefined && { unseen_reference: expected.unseen }),
    ...(expected && expected.out_of_range !== undefined && { out_of_range_reference: expected.out_of_range }),
    missing: ratio(column.missing, column.rows),
    missing_reference: reference ? ratio(reference.missing, reference.rows) : null,
    mean: column.mean,
    mean_reference: reference?.mean ?? null,
  };
};

/** The cells of values that the training rows did not have: a single one where there were few values, those at the ends else. */
const outsideOf = (
  kind: 'values' | 'intervals',
  {
    counts,
    rows,
    missing,
  }:
    | Pick<WindowProfile, 'counts' | 'rows' | 'missing'>
    | { counts: readonly number[]; rows: number; missing: number },
): { unseen?: number | null; out_of_range?: number | null } => {
  const present = rows - missing;
  const last = counts[counts.length - 1] ?? 0;
  return kind === 'values'
    ? { unseen: ratio(last, present) }
    : { out_of_range: ratio((counts[0] ?? 0) + last, present) };
};

const datasetReport = (
  features: readonly ColumnReport[],
  limit: number,
): NonNullable<Report['drift']['dataset']> => {
  const { share, isDrifted } = datasetDrift(features, limit);
  return { share, limit, drifted: isDrifted };
};

/** Three deviations around the mean error of the reference's chunks; wider for a window with fewer rows than a chunk. */
const multivariateReport = (
  { reconstruction }: WatchedWindow,
  profile: ReferenceProfile | undefined,
  reference: WindowReference | undefined,
  notes: string[],
): NonNullable<Report['drift']['multivariate']> => {
  const error = reconstruction?.mean() ?? null;
  const expected = reference?.errors;
  if (!profile?.pca)
    notes.push('the profile of the version has no components: drift of all features together is not told');
  if (error === null || !expected) return { error, drifted: null };
  const rows = reconstruction!.count;
  const noise = rows < expected.rows ? Math.sqrt(expected.rows / rows) : 1;
  const distance = Math.max(3 * expected.std * noise, LEAST_ERROR_CHANGE * expected.mean);
  const [min, max] = [expected.mean - distance, expected.mean + distance];
  return { error, min, max, drifted: rows < MIN_ROWS ? null : error < min || error > max };
};

/** Of a reference whose chunks hardly differ a hundredth more or less is no drift. */
const LEAST_ERROR_CHANGE = 0.01;

const performanceReport = (
  performance: Performance,
  threshold: number | null,
  monitor: Judging | undefined,
  { profile, gates }: ReportedWith,
  notes: string[],
): Report['performance'] => {
  const { rows, invalid, metrics, ...rest } = performance.counts.report();
  const limits = limitsOf(monitor, gates, profile, rows);
  if (limits.note) notes.push(limits.note);
  const isBinary = 'positives' in rest;
  return {
    rows,
    positives: isBinary ? rest.positives : null,
    invalid,
    metrics: { ...metrics },
    bounds: isBinary ? { ...rest.bounds } : {},
    gates: judgeMetrics(limits, { ...metrics }, isBinary ? threshold : null),
  };
};

const estimateReport = (
  { estimate, watched: { threshold } }: WatchedWindow,
  monitor: Judging | undefined,
  { profile, gates }: ReportedWith,
  notes: string[],
): Report['estimate'] => {
  const method = monitor?.estimate;
  if (!method || !profile) return undefined;
  const report = estimate?.report(profile);
  if (method === 'dle' && !profile.errors)
    notes.push('the profile of the version does not say what errors to expect: performance is not estimated');
  if (method === 'cbpe' && !profile.calibration)
    notes.push('the profile of the version has no calibration: its scores were taken as probabilities');
  if (!report) return undefined;
  const limits = limitsOf(monitor, gates, profile, report.rows);
  const decidedAt = method === 'cbpe' ? threshold : null;
  return {
    method,
    rows: report.rows,
    metrics: { ...report.metrics },
    gates: judgeMetrics(limits, report.metrics, decidedAt),
  };
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
