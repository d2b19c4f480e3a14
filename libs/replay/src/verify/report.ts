import type { OffsetSpan } from './plan';
import { GOOD, type Difference, type TallyJson, type Verdict, type VerdictRun } from './tally';

export interface HopSummary {
  readonly hop: string;
  readonly records: number;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** Records of zombies that stand among the outputs, and repeated source records: dropped by law L3. */
  readonly duplicates: number;
  readonly dropped: number;
  /** Source records that were given up then, and are skipped again. */
  readonly skipped: number;
}

/** What a verification found. It depends on the log, the store and the code alone: two runs over the same range give the same one. */
export interface VerifyFindings {
  readonly kind: 'verify';
  readonly deployment: string;
  readonly range: readonly OffsetSpan[];
  readonly tolerance: number;
  readonly fromZero: boolean;
  readonly ok: boolean;
  readonly records: number;
  readonly bitExact: number;
  readonly withinTolerance: number;
  /** All that is neither of the two, nor of another engine. */
  readonly diverged: number;
  readonly engine: number;
  readonly pending: number;
  readonly hops: readonly HopSummary[];
  readonly firstDifference: Difference | null;
  readonly differences: readonly Difference[];
  /** What is broken, in words that name it. */
  readonly damaged: readonly string[];
  /** What was passed over without harm: a snapshot that could not be used. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  /** The verdict of every record: stretches of source offsets, by hop and partition. */
  readonly verdicts: readonly {
    readonly hop: string;
    readonly partition: number;
    readonly runs: readonly VerdictRun[];
  }[];
}

export interface UnitTally {
  readonly hop: string;
  readonly partition: number;
  readonly tally: TallyJson;
}

export interface ReportContext {
  readonly deployment: string;
  readonly range: readonly OffsetSpan[];
  readonly pending: number;
  readonly tolerance: number;
  readonly fromZero: boolean;
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

const VERDICTS: readonly Verdict[] = [
  'bit_exact',
  'within_tolerance',
  'engine',
  'diverged',
  'missing',
  'extra',
  'source_changed',
  'unverified',
];

/** Units in the order of the road and the partitions. */
export const findingsOf = (units: readonly UnitTally[], context: ReportContext): VerifyFindings => {
  const hops = [...new Set(units.map(({ hop }) => hop))].map((hop) => summaryOf(hop, units));
  const total = (verdict: Verdict): number =>
    hops.reduce((sum, { verdicts }) => sum + (verdicts[verdict] ?? 0), 0);
  const records = hops.reduce((sum, hop) => sum + hop.records, 0);
  const [bitExact, withinTolerance, engine] = [
    total('bit_exact'),
    total('within_tolerance'),
    total('engine'),
  ];
  const differences = units.flatMap(({ tally }) => tally.differences);
  const damaged = [...new Set(units.flatMap(({ tally }) => tally.damaged))];
  const diverged = records - bitExact - withinTolerance - engine;
  const bad = differences.filter(({ verdict }) => !GOOD.has(verdict));
  return {
    kind: 'verify',
    deployment: context.deployment,
    range: context.range,
    tolerance: context.tolerance,
    fromZero: context.fromZero,
    ok: diverged === 0 && damaged.length === 0,
    records,
    bitExact,
    withinTolerance,
    diverged,
    engine,
    pending: context.pending,
    hops,
    firstDifference: bad[0] ?? differences[0] ?? null,
    differences,
    damaged,
    warnings: context.warnings,
    notes: context.notes,
    verdicts: units.map(({ hop, partition, tally: { runs } }) => ({ hop, partition, runs })),
  };
};

const summaryOf = (hop: string, units: readonly UnitTally[]): HopSummary => {
  const counts = units.filter((unit) => unit.hop === hop).map(({ tally }) => tally.counts);
  const sum = (name: string): number => counts.reduce((total, count) => total + (count[name] ?? 0), 0);
  const verdicts: Partial<Record<Verdict, number>> = {};
  for (const verdict of VERDICTS) if (sum(verdict) > 0) verdicts[verdict] = sum(verdict);
  return {
    hop,
    records: VERDICTS.reduce((total, verdict) => total + sum(verdict), 0),
    verdicts,
    duplicates: sum('duplicates'),
    dropped: sum('dropped'),
    skipped: sum('skipped'),
  };
};

/** The findings for a person, in Markdown. */
export const renderFindings = (findings: VerifyFindings): string => {
  const { deployment, ok, records, range, hops, firstDifference, damaged, warnings, notes, verdicts } =
    findings;
  const lines = [
    `# replay verify ${deployment}: ${ok ? 'as recorded' : 'NOT as recorded'}`,
    '',
    `${records} records compared, ${findings.bitExact} bit for bit` +
      `${findings.withinTolerance > 0 ? `, ${findings.withinTolerance} within the tolerance of ${findings.tolerance}` : ''}` +
      `${findings.engine > 0 ? `, ${findings.engine} made by another version of the engine` : ''}` +
      `${findings.diverged > 0 ? `, ${findings.diverged} diverged` : ''}.`,
    ...(findings.pending > 0
      ? [`${findings.pending} had not been decided when the replay began; they are not in it.`]
      : []),
    '',
    '| range | from | to (exclusive) |',
    '| --- | --- | --- |',
    ...range.map(({ topic, partition, from, to }) => `| ${topic}:${partition} | ${from} | ${to} |`),
    '',
    '| hop | records | verdicts | duplicates | skipped |',
    '| --- | --- | --- | --- | --- |',
    ...hops.map(
      (hop) =>
        `| ${hop.hop} | ${hop.records} | ${describeVerdicts(hop.verdicts)} | ${hop.duplicates + hop.dropped} | ${hop.skipped} |`,
    ),
  ];
  if (firstDifference) lines.push('', '## First difference', '', ...describeDifference(firstDifference));
  const section = (title: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push('', `## ${title}`, '', ...items.map((item) => `- ${item}`));
  };
  section('Broken', damaged);
  section(
    'Other than as recorded',
    verdicts.flatMap(({ hop, partition, runs }) =>
      runs
        .filter(([, , verdict]) => verdict !== 'bit_exact')
        .slice(0, 50)
        .map(
          ([first, last, verdict]) =>
            `${hop} of source ${partition}-${first} to ${partition}-${last}: ${verdict}`,
        ),
    ),
  );
  section('Passed over', warnings);
  section('Notes', notes);
  return `${lines.join('\n')}\n`;
};

const describeVerdicts = (verdicts: HopSummary['verdicts']): string =>
  Object.entries(verdicts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ') || 'nothing';

export const describeDifference = (difference: Difference): string[] => {
  const { hop, verdict, topic, partition, offset, source, entity, event, field, reason } = difference;
  const place = offset === null ? `${topic}:${partition}` : `${topic}:${partition}-${offset}`;
  return [
    `${verdict} in ${hop} at ${place}, made from ${source}: ${reason}`,
    ...(event === null ? [] : [`  event ${event} of ${JSON.stringify(entity)}`]),
    ...(field === null
      ? []
      : [
          `  ${field}`,
          `    recorded ${JSON.stringify(difference.recorded)}`,
          `    replayed ${JSON.stringify(difference.replayed)}`,
        ]),
  ];
};
