import { randomBytes } from 'node:crypto';
import { Refused } from '#kernel';
import { findRoad, type ReplayPorts, type Road } from '../verify/hops';
import { planVerify, type RangeRequest, type VerifyPlan } from '../verify/plan';
import { findingsOf, renderFindings, type UnitTally, type VerifyFindings } from '../verify/report';
import { runtimeNotes } from '../verify/runtime-notes';
import type { ReplayPlace } from './open-ports';
import { ReplayFolder } from './replay-folder';
import { unitName, type UnitOptions } from './run-unit';
import { runUnits } from './workers';

/** What a verification is about: written when it begins, and all that going on needs beside its checkpoints. */
export interface VerifyJob {
  readonly id: string;
  readonly kind: 'verify';
  readonly created: string;
  readonly deployment: string;
  readonly road: Road;
  readonly plan: VerifyPlan;
  readonly options: UnitOptions;
  readonly workers: number;
}

/** How far a replay is. */
export interface JobStatus {
  readonly status: 'running' | 'paused' | 'failed' | 'finished';
  readonly pid: number;
  /** Of work, over all processes that went on with it. */
  readonly seconds: number;
  readonly warnings: readonly string[];
  readonly error?: string;
}

export interface FinishedReplay {
  readonly findings: VerifyFindings;
  readonly seconds: number;
  /** Digests of the report in the artifact store. */
  readonly report: string;
  readonly text: string;
}

export interface RunOptions {
  readonly place: ReplayPlace;
  readonly signal: AbortSignal;
  readonly onRecords: (unit: string, records: number) => void;
}

/** `verify-20260101T120000-a1b2c3`: sorts by time. */
export const replayId = (kind: string, now: number): string =>
  `${kind}-${new Date(now).toISOString().replace(/[-:]|\.\d+Z$/g, '')}-${randomBytes(3).toString('hex')}`;

/** Plans a verification and writes it down; nothing has run yet. */
export const createVerifyJob = async (
  ports: ReplayPorts,
  dataDir: string,
  request: RangeRequest & { readonly deployment: string },
  options: UnitOptions,
  workers: number,
): Promise<{ readonly job: VerifyJob; readonly folder: ReplayFolder }> => {
  const now = Date.now();
  const road = await findRoad(ports, request.deployment);
  const plan = await planVerify(ports, road, request);
  const job: VerifyJob = {
    id: replayId('verify', now),
    kind: 'verify',
    created: new Date(now).toISOString(),
    deployment: request.deployment,
    road,
    plan,
    options,
    workers,
  };
  return { job, folder: await ReplayFolder.create(dataDir, job.id, job) };
};

/** Goes on with a verification until it is done or stopped; undefined where it was stopped, to be gone on with. */
export const runVerifyJob = async (
  ports: ReplayPorts,
  job: VerifyJob,
  folder: ReplayFolder,
  { place, signal, onRecords }: RunOptions,
): Promise<FinishedReplay | undefined> => {
  const before = await folder.readJson<JobStatus>('status.json');
  if (before?.status === 'running' && before.pid !== process.pid && isAlive(before.pid))
    throw new Refused(
      'PLAYHEAD_CONFLICT',
      `${job.id} runs already, in process ${before.pid}; \`./playhead replay pause ${job.id}\` ends it`,
    );
  await folder.resume();
  const began = performance.now();
  const warnings = new Set(before?.warnings ?? []);
  const seconds = (): number => (before?.seconds ?? 0) + (performance.now() - began) / 1_000;
  const status = (now: JobStatus['status'], error?: string): Promise<void> =>
    folder.writeJson('status.json', {
      status: now,
      pid: process.pid,
      seconds: seconds(),
      warnings: [...warnings],
      ...(error !== undefined && { error }),
    } satisfies JobStatus);
  await status('running');
  const rate = job.options.rate === undefined ? undefined : job.options.rate / job.workers;
  try {
    const outcome = await runUnits(
      job.plan.units.map((plan) => ({
        type: 'unit',
        unit: unitName(plan),
        place,
        road: job.road,
        plan,
        folder: folder.path,
        options: { ...job.options, ...(rate !== undefined && { rate }) },
      })),
      { count: job.workers, onRecords, signal },
    );
    for (const warning of outcome.warnings) warnings.add(warning);
    if (!outcome.finished) {
      await status('paused');
      return undefined;
    }
  } catch (error) {
    await status('failed', error instanceof Error ? error.message : String(error));
    throw error;
  }
  const finished = await finish(ports, job, folder, [...warnings], seconds());
  await folder.writeJson('result.json', finished);
  await status('finished');
  return finished;
};

/** The report of a finished replay, or undefined where it is not finished. */
export const readFinished = (folder: ReplayFolder): Promise<FinishedReplay | undefined> =>
  folder.readJson<FinishedReplay>('result.json');

const finish = async (
  ports: ReplayPorts,
  job: VerifyJob,
  folder: ReplayFolder,
  warnings: readonly string[],
  seconds: number,
): Promise<FinishedReplay> => {
  const units: UnitTally[] = [];
  for (const { hop, partition } of job.plan.units) {
    const { tally } = (await folder.outcome(unitName({ hop, partition })))!;
    units.push({ hop, partition, tally });
  }
  const findings = findingsOf(units, {
    deployment: job.deployment,
    range: job.plan.range,
    pending: job.plan.pending,
    tolerance: job.options.tolerance,
    fromZero: !job.options.snapshots,
    warnings,
    notes: await runtimeNotes(ports, job.deployment),
  });
  const json = Buffer.from(`${JSON.stringify(findings, null, 1)}\n`);
  const markdown = renderFindings(findings);
  await folder.writeText('report.md', markdown);
  return {
    findings,
    seconds,
    report: await ports.artifacts.put(json, { contentType: 'application/json' }),
    text: await ports.artifacts.put(Buffer.from(markdown), { contentType: 'text/markdown' }),
  };
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
