import type { Command } from 'commander';
import { resolve } from 'node:path';
import {
  ReplayFolder,
  listReplays,
  openReplayPorts,
  readFinished,
  type JobStatus,
  type VerifyJob,
} from '#replay';
import { Refused } from '#kernel';
import {
  printJson,
  progress,
  withActor,
  withPlace,
  type ActorOptions,
  type GlobalOptions,
} from '../../options';
import { findPlatform } from '../../platform/platform';
import { documentOf, placeOf, reportText, runJob } from '../../replay/run-job';
import { table } from '../../view/text';

export const addReplayResume = (replay: Command): void => {
  withActor(
    withPlace(
      replay
        .command('resume')
        .argument('<id>')
        .description('go on with a replay that was paused, failed or killed, from its last checkpoints'),
    ),
  )
    .option('--full', 'with --json: all findings, not the figures alone', false)
    .addHelpText('after', '\nExample:\n  ./playhead replay resume verify-20260101T120000-a1b2c3')
    .action(async (id: string, options: GlobalOptions & ActorOptions & { full: boolean }) => {
      const platform = await findPlatform(options.dataDir, process.env);
      const folder = ReplayFolder.find(platform.dataDir, id);
      if (await readFinished(folder))
        throw new Refused(
          'PLAYHEAD_CONFLICT',
          `${id} is finished; \`./playhead replay show ${id}\` tells what it found`,
        );
      const ports = openReplayPorts(placeOf(platform), progress);
      try {
        await runJob({ ports, platform, job: await jobOf(folder), folder, options });
      } finally {
        await ports.close();
      }
    });
};

export const addReplayPause = (replay: Command): void => {
  withPlace(
    replay
      .command('pause')
      .argument('<id>')
      .description('ask a running replay to take checkpoints and end; `resume` goes on'),
  )
    .addHelpText('after', '\nExample:\n  ./playhead replay pause verify-20260101T120000-a1b2c3')
    .action(async (id: string, options: GlobalOptions) => {
      const folder = ReplayFolder.find(resolve(options.dataDir), id);
      const { status } = await statusOf(folder);
      if (status === 'running') await folder.pause();
      if (options.json) printJson({ replay: id, status: status === 'running' ? 'pausing' : status });
      else
        console.log(
          status === 'running' ? `${id} was asked to pause` : `${id} does not run: it is ${status}`,
        );
    });
};

export const addReplayList = (replay: Command): void => {
  withPlace(replay.command('list').description('replays of this data folder, oldest first'))
    .addHelpText('after', '\nExample:\n  ./playhead replay list')
    .action(async (options: GlobalOptions) => {
      const dataDir = resolve(options.dataDir);
      const replays = [];
      for (const id of await listReplays(dataDir)) {
        const folder = ReplayFolder.find(dataDir, id);
        const [{ kind, deployment, created }, status, finished] = [
          await jobOf(folder),
          await statusOf(folder),
          await readFinished(folder),
        ];
        replays.push({
          replay: id,
          kind,
          subject: deployment,
          created,
          status: status.status,
          seconds: status.seconds,
          records: finished?.findings.records ?? null,
          ok: finished?.findings.ok ?? null,
        });
      }
      if (options.json) printJson({ replays });
      else
        console.log(
          table(
            ['replay', 'kind', 'of', 'status', 'records', 'as recorded', 'seconds'],
            replays.map(({ replay: id, kind, subject, status, records, ok, seconds }) => [
              id,
              kind,
              subject,
              status,
              records,
              ok,
              seconds.toFixed(1),
            ]),
          ),
        );
    });
};

export const addReplayShow = (replay: Command): void => {
  withPlace(replay.command('show').argument('<id>').description('what a replay has found, in full'))
    .addHelpText('after', '\nExample:\n  ./playhead replay show verify-20260101T120000-a1b2c3')
    .action(async (id: string, options: GlobalOptions) => {
      const folder = ReplayFolder.find(resolve(options.dataDir), id);
      const [job, status, finished] = [
        await jobOf(folder),
        await statusOf(folder),
        await readFinished(folder),
      ];
      if (options.json)
        printJson(finished ? documentOf(job, finished, true) : { replay: id, ...status, plan: job.plan });
      else if (finished) console.log(reportText(finished));
      else
        console.log(
          `${id} of ${job.deployment} is ${status.status} after ${status.seconds.toFixed(1)} s of work${status.error === undefined ? '' : `: ${status.error}`}`,
        );
    });
};

const jobOf = async (folder: ReplayFolder): Promise<VerifyJob> =>
  (await folder.readJson<VerifyJob>('request.json'))!;

/** A process that was killed says nothing: what it wrote last may be that it runs. */
const statusOf = async (folder: ReplayFolder): Promise<JobStatus> => {
  const status = await folder.readJson<JobStatus>('status.json');
  if (!status) return { status: 'paused', pid: 0, seconds: 0, warnings: [] };
  return status.status === 'running' && !isAlive(status.pid) ? { ...status, status: 'paused' } : status;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
