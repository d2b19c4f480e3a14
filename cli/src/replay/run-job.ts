import {
  describeDifference,
  renderFindings,
  runVerifyJob,
  type FinishedReplay,
  type ReplayFolder,
  type ReplayPlace,
  type ReplayPorts,
  type VerifyJob,
} from '#replay';
import { messageOf } from '#kernel';
import { openDoor } from '../doors';
import { printJson, progress } from '../options';
import type { Platform } from '../platform/platform';

/** Log and store of a platform, as a replay opens them. */
export const placeOf = ({ endpoints: { kafka, s3 }, namespace }: Platform): ReplayPlace => ({
  namespace,
  brokers: kafka.brokers,
  store: s3.kind === 'file' ? { directory: s3.directory } : { s3 },
});

export interface RunJobOptions {
  readonly ports: ReplayPorts;
  readonly platform: Platform;
  readonly job: VerifyJob;
  readonly folder: ReplayFolder;
  readonly options: { readonly json: boolean; readonly full: boolean; readonly as: string };
}

/** Goes on with a replay in the foreground, announces its report and says what came out. Ctrl-C pauses it. */
export const runJob = async ({ ports, platform, job, folder, options }: RunJobOptions): Promise<void> => {
  const total = job.plan.units.reduce((sum, { from, to }) => sum + to - from, 0);
  const isFromZero = job.plan.units.every(({ from, zero }) => from <= zero);
  progress(
    `${job.id}: ${total} records in ${job.plan.units.length} partitions of its hops${isFromZero ? '' : '; what lies below the range is folded first'}`,
  );
  const stop = new AbortController();
  const interrupt = (): void => {
    progress('taking checkpoints ...');
    stop.abort();
  };
  process.once('SIGINT', interrupt);
  const meter = meterOf(isFromZero ? total : undefined);
  let finished: FinishedReplay | undefined;
  try {
    finished = await runVerifyJob(ports, job, folder, {
      place: placeOf(platform),
      signal: stop.signal,
      onRecords: (_, records) => meter.add(records),
    });
  } finally {
    meter.end();
    process.removeListener('SIGINT', interrupt);
  }
  if (!finished) {
    process.exitCode = 1;
    progress(`paused; go on with \`./playhead replay resume ${job.id}\``);
    if (options.json) printJson({ replay: job.id, status: 'paused', ok: false });
    return;
  }
  const announced = await announce(platform, job, finished, options.as);
  if (!finished.findings.ok) process.exitCode = 1;
  if (options.json) printJson(documentOf(job, finished, options.full, announced));
  else console.log(summaryOf(job, finished));
};

/** The report lies in the store; now it becomes a fact. A registry that is away takes nothing from what was found. */
const announce = async (
  platform: Platform,
  job: VerifyJob,
  finished: FinishedReplay,
  actor: string,
): Promise<boolean> => {
  const { findings, report, text, seconds } = finished;
  const { records, bitExact, withinTolerance, diverged, engine } = findings;
  try {
    await openDoor(platform.url('registry'), actor).post('/v1/replays', {
      replay: job.id,
      kind: job.kind,
      subject: job.deployment,
      ok: findings.ok,
      summary: { range: findings.range, records, bitExact, withinTolerance, diverged, engine },
      report,
      text,
      seconds,
    });
    return true;
  } catch (error) {
    progress(`the report is stored as ${report} but could not be announced: ${messageOf(error)}`);
    return false;
  }
};

/** What programs read (interfaces.md). */
export const documentOf = (
  job: VerifyJob,
  { findings, seconds, report, text }: FinishedReplay,
  full: boolean,
  announced?: boolean,
): object => {
  const { range, records, bitExact, withinTolerance, diverged, engine, firstDifference, ok } = findings;
  const folded = range.reduce((sum, { from, to }) => sum + to - from, 0);
  return {
    replay: job.id,
    deployment: job.deployment,
    range,
    records,
    bitExact,
    withinTolerance,
    diverged,
    engine,
    firstDifference,
    seconds,
    recordsPerSecond: Math.round(records / seconds),
    events: folded,
    eventsPerSecond: Math.round(folded / seconds),
    ok,
    damaged: findings.damaged,
    warnings: findings.warnings,
    hops: findings.hops,
    report,
    text,
    ...(announced !== undefined && { announced }),
    ...(full && { findings }),
  };
};

export const summaryOf = (job: VerifyJob, { findings, seconds, report }: FinishedReplay): string => {
  const { records, bitExact, withinTolerance, diverged, engine, firstDifference, damaged, pending } =
    findings;
  const parts = [
    `${bitExact} bit exact`,
    ...(withinTolerance > 0 ? [`${withinTolerance} within the tolerance of ${findings.tolerance}`] : []),
    ...(engine > 0 ? [`${engine} by another engine`] : []),
    ...(diverged > 0 ? [`${diverged} DIVERGED`] : []),
  ];
  return [
    `${job.deployment}: ${records} records, ${parts.join(', ')}, in ${seconds.toFixed(1)} s (${Math.round(records / seconds)} a second)`,
    ...findings.hops.map(
      ({ hop, records: count, verdicts, skipped, duplicates, dropped }) =>
        `  ${hop}: ${count} (${Object.entries(verdicts)
          .map(([verdict, n]) => `${n} ${verdict}`)
          .join(
            ', ',
          )})${skipped > 0 ? `, ${skipped} given up then and skipped` : ''}${duplicates + dropped > 0 ? `, ${duplicates + dropped} duplicates dropped` : ''}`,
    ),
    ...(pending > 0 ? [`  ${pending} not decided when it began, not in it`] : []),
    ...(firstDifference
      ? ['first difference:', ...describeDifference(firstDifference).map((line) => `  ${line}`)]
      : []),
    ...damaged.slice(0, 10).map((what) => `broken: ${what}`),
    ...findings.warnings.slice(0, 10).map((what) => `passed over: ${what}`),
    ...findings.notes.map((note) => `note: ${note}`),
    `report ${report}; \`./playhead replay show ${job.id}\``,
  ].join('\n');
};

/** Everything that is said of a replay, for a person. */
export const reportText = ({ findings }: FinishedReplay): string => renderFindings(findings);

/** Without a total, where records below a range are read, too. */
const meterOf = (total: number | undefined): { add(records: number): void; end(): void } => {
  const begun = performance.now();
  let done = 0;
  let since = 0;
  const timer = setInterval(() => {
    if (done === since) return;
    since = done;
    const rate = Math.round(done / ((performance.now() - begun) / 1_000));
    progress(`${done}${total === undefined ? '' : ` of ${total}`} records read, ${rate} a second`);
  }, 2_000);
  return {
    add: (records) => void (done += records),
    end: () => clearInterval(timer),
  };
};
