import type { EventOf } from './define-event';
import type { ModelVersionRegistered, TrainingRequested } from './events';
import { gateMetric } from './events/shapes';

export type Gate = EventOf<typeof TrainingRequested>['gates'][number];
export type JudgedGate = EventOf<typeof ModelVersionRegistered>['gates'][number];
export type GateMeasurement = NonNullable<EventOf<typeof ModelVersionRegistered>['measured']>[string];

/** What gates are judged by: the metrics of the hold-out, and what was measured for gates beside them, by `gateMetric`. */
export interface GateMeasurements {
  readonly holdout: Readonly<Record<string, number | null>>;
  readonly measured?: Readonly<Record<string, GateMeasurement>>;
}

type Verdict = Omit<JudgedGate, keyof Gate>;

/**
 * Each gate against what the run measured. What was not measured does not pass.
 * @param unnamed aliases that named no version when the run was asked for: a gate against one of them passes.
 */
export const judgeGates = (
  gates: readonly Gate[],
  measured: GateMeasurements,
  unnamed: readonly string[] = [],
): JudgedGate[] => gates.map((gate) => ({ ...gate, ...verdictOf(gate, measured, unnamed) }));

/** Whether a gate holds the metric of all rows against a number: what later windows can be held against, too. */
export const isAbsolute = ({ metric, min, max, slice, group }: Gate): boolean =>
  (min !== undefined || max !== undefined) &&
  slice === undefined &&
  group === undefined &&
  !OF_THE_FILE.includes(metric);

const OF_THE_FILE = ['latency_p50_ms', 'latency_p99_ms', 'size_bytes'];

const verdictOf = (gate: Gate, measurements: GateMeasurements, unnamed: readonly string[]): Verdict => {
  const { slice, group, against } = gate;
  const found = measurements.measured?.[gateMetric(gate)];
  if (slice !== undefined || group !== undefined) return amongValues(gate, found);
  const value = valueOf(gate, measurements);
  const holds = isWithin(gate, value);
  if (against === undefined || !holds) return { value, passed: holds };
  return { value, ...comparison(gate, against, found, unnamed) };
};

/** On all rows of the hold-out, or of the model file. */
const valueOf = (gate: Gate, { holdout, measured }: GateMeasurements): number | null => {
  const name = gateMetric({ ...gate, against: undefined });
  return holdout[name] ?? measured?.[name]?.value ?? holdout[gate.metric] ?? null;
};

const isWithin = ({ min, max }: Gate, value: number | null): boolean =>
  value !== null && value >= (min ?? -Infinity) && value <= (max ?? Infinity);

/** By slice the worst value of the field decides; a fairness metric compares all of them. */
const amongValues = (gate: Gate, found: GateMeasurement | undefined): Verdict => {
  const { slice, group } = gate;
  const name = nameOf(gate);
  const by = `${name} by ${slice ?? group}`;
  if (!found || found.value === null) {
    const because = found?.reason === undefined ? '' : `: ${found.reason}`;
    return { value: null, passed: false, reason: `${by} was not measured${because}` };
  }
  const { value, of, rows, failed = 0 } = found;
  const seen = rows === undefined ? '' : ` (${rows} rows)`;
  const what =
    of === undefined ? by : slice === undefined ? `${by} (${of})` : `${name} where ${slice} is ${of}`;
  const reason = `${what} is ${value}${seen}`;
  const measured = { value, ...(of === undefined ? {} : { of }) };
  if (isWithin(gate, value)) return { ...measured, passed: true, reason };
  // Counted by the run under the bounds of its request; others may be asked about.
  const others = failed > 1 ? ` (${failed} values fail)` : '';
  return { ...measured, passed: false, reason: `${reason}, ${boundsOf(gate)} is wanted${others}` };
};

/** With the version that the alias named when the run was asked for, on the same rows. */
const comparison = (
  gate: Gate,
  alias: string,
  found: GateMeasurement | undefined,
  unnamed: readonly string[],
): Omit<Verdict, 'value'> => {
  const { tolerance = 0, confidence } = gate;
  if (unnamed.includes(alias)) return { passed: true, reason: `no ${alias} to compare with` };
  const name = nameOf(gate);
  const { value: difference = null, low, high, version } = found ?? {};
  const other = version === undefined ? alias : `${alias} (version ${version})`;
  const measured = {
    ...(version === undefined ? {} : { version }),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
  if (difference === null) {
    const because = found?.reason === undefined ? '' : `: ${found.reason}`;
    return { ...measured, passed: false, reason: `${name} was not compared with ${other}${because}` };
  }
  const accepted = `at most ${tolerance} worse is accepted`;
  if (confidence === undefined) {
    const reason = `${name} is ${Math.abs(difference)} ${difference < 0 ? 'worse' : 'better'} than that of ${other}`;
    const passed = difference >= -tolerance;
    return { ...measured, passed, reason: passed ? reason : `${reason}, ${accepted}` };
  }
  if (low === undefined || high === undefined)
    return {
      ...measured,
      passed: false,
      reason: `the interval of the difference of ${name} to ${other} was not measured`,
    };
  const reason = `the difference of ${name} to ${other} lies from ${low} to ${high} (confidence ${confidence})`;
  const passed = low >= -tolerance;
  return { ...measured, passed, reason: passed ? reason : `${reason}, ${accepted}` };
};

/** The metric without what it is compared over. */
const nameOf = ({ metric, threshold, k }: Gate): string => gateMetric({ metric, threshold, k });

const boundsOf = ({ min, max }: Gate): string =>
  [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])].join(
    ' and ',
  );

/** `average_precision is 0.08, at least 0.1 is wanted; ...` for the gates that failed. */
export const failuresOf = (results: readonly JudgedGate[]): string =>
  results
    .filter(({ passed }) => !passed)
    .map(
      (result) =>
        result.reason ??
        `${nameOf(result)} ${result.value === null ? 'was not measured' : `is ${result.value}`}, ${boundsOf(result)} is wanted`,
    )
    .join('; ');
