import { failuresOf } from '#contracts';
import type { Comparison, Flip, Slice, WhatIfGatesReport } from '#replay';
import { plural, printable, shortNumber, table } from '../view/text';

export interface Sides {
  readonly baseline: string;
  readonly candidate: string;
  readonly threshold: number | null;
  readonly notes: readonly string[];
  readonly flipped: readonly Flip[];
}

export const describeComparison = (
  report: Comparison & { readonly slices: readonly Slice[] },
  { baseline, candidate, threshold, notes, flipped }: Sides,
): string => {
  const { records, labelled, slices } = report;
  return [
    `baseline:  ${baseline}`,
    `candidate: ${candidate}`,
    `${plural(records, 'record')}, ${labelled} with a label`,
    ...notes.map((note) => `  ${note}`),
    ...(records === 0 ? [] : whatChanges(report, threshold)),
    ...(flipped.length > 0 ? [flipTable(flipped)] : []),
    ...(slices.length > 0 ? [sliceTable(slices)] : []),
  ].join('\n');
};

const whatChanges = (
  { labelled, metrics, flips, flipsToPositive, flipsToNegative, shift }: Comparison,
  threshold: number | null,
): string[] => [
  labelled === 0
    ? 'no metrics: no record of the range has a mature label'
    : table(
        ['metric', 'baseline', 'candidate', 'change'],
        Object.keys(metrics.baseline).map((name) => [
          name,
          shortNumber(metrics.baseline[name]),
          shortNumber(metrics.candidate[name]),
          signed(metrics.delta[name]),
        ]),
      ),
  threshold === null
    ? 'nothing is decided: the deployment has no threshold'
    : `${plural(flips, 'decision')} would flip at ${threshold}: ${flipsToPositive} to positive, ${flipsToNegative} to negative`,
  `scores moved: PSI ${shortNumber(shift.psi)}, KS ${shortNumber(shift.ks)}, by ${shortNumber(shift.largest)} at most`,
];

const signed = (delta: number | null | undefined): string =>
  delta === null || delta === undefined ? '-' : `${delta > 0 ? '+' : ''}${shortNumber(delta)}`;

const flipTable = (flipped: readonly Flip[]): string =>
  table(
    ['vector', 'event', 'at', 'entity', 'baseline', 'candidate', 'label'],
    flipped.map(({ position, event_id, event_time, entity, baseline, candidate, label }) => [
      position,
      printable(event_id),
      event_time,
      printable(Object.values(entity).join(' ')),
      shortNumber(baseline),
      shortNumber(candidate),
      label === null ? '-' : shortNumber(label),
    ]),
  );

const MOST_METRICS = 3;

const sliceTable = (slices: readonly Slice[]): string => {
  const metrics = Object.keys(slices[0]!.metrics.baseline).slice(0, MOST_METRICS);
  return table(
    ['slice', 'records', 'labelled', 'flips', ...metrics.flatMap((name) => [name, 'change'])],
    slices.map((slice) => [
      printable(slice.slice),
      slice.records,
      slice.labelled,
      slice.flips,
      ...metrics.flatMap((name) => [
        shortNumber(slice.metrics.candidate[name]),
        signed(slice.metrics.delta[name]),
      ]),
    ]),
  );
};

export const describeGates = ({ model, versions, records, flips, metrics }: WhatIfGatesReport): string =>
  [
    table(
      ['version', 'run', 'passed', 'would pass', 'because'],
      versions.map(({ version, run, passed, wouldPass, gates }) => [
        `${model}@${version}`,
        run,
        passed ? 'yes' : 'no',
        wouldPass ? 'yes' : 'no',
        failuresOf(gates),
      ]),
    ),
    `${plural(records, 'version')}: ${metrics.baseline.passed} passed, ${metrics.candidate.passed} would pass; ${plural(flips, 'verdict')} would be another`,
  ].join('\n');
