import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderSize, runLimited, type CheckForeign, type Ended, type Limits } from '#inference';
import { PlatformError, Refused } from '#kernel';
import { cancelledFit, type Fit, type FitControl } from '../fit-thread';
import type { CommandTrace, FitJob, FittedRun } from '../fit-model';
import {
  OUTPUT_PATH,
  REQUEST_PATH,
  foldersIn,
  requestOf,
  writeFiles,
  type CommandFolders,
} from './command-files';
import { readResult } from './command-result';
import { failureOf } from './exit-codes';
import { progressOf } from './progress-line';
import { checkForeign, inQueries, scored } from './score-foreign';

export interface CommandFitOptions {
  /** Judges and profiles the model that the program wrote. */
  readonly judge: Fit;
  /** False: every run of a program is refused. */
  readonly allowed: boolean;
  /** Checks the model file and scores rows with it, away from this process. */
  readonly check?: CheckForeign;
  /** Where programs are looked for. */
  readonly path?: string;
}

type Command = NonNullable<FitJob['request']['trainer']['command']>;

const VERSION_TIMEOUT_MS = 10_000;

/**
 * Fits by the program of a command trainer. It gets a folder of its own with its files, both tables and the request; a reduced environment; limits.
 * What it leaves is checked, scored by ONNX Runtime and judged as any model. Whatever it started is gone when this settles, or when this
 * process dies. Errors carry what it said in `details.logs`.
 * @throws Refused PLAYHEAD_COMMAND_* with the reason and the end of its output; PLAYHEAD_INFERENCE_MODEL_INVALID.
 */
export const fitByCommand =
  ({ judge, allowed, check = checkForeign, path = process.env['PATH'] ?? '' }: CommandFitOptions): Fit =>
  async (given, control) => {
    const { command } = given.request.trainer;
    if (!command)
      throw new Refused('PLAYHEAD_LEARN_INVALID', 'trainer command needs `command: { run: [...] }`');
    if (!allowed)
      throw new Refused(
        'PLAYHEAD_COMMAND_OFF',
        `command trainers are switched off here; \`${command.run.join(' ')}\` was not run`,
      );
    if (control.signal.aborted) throw cancelledFit();
    const job = inQueries(given);
    const root = await mkdtemp(join(tmpdir(), 'playhead-command-'));
    try {
      const { trace, model } = await runProgram(root, job, command, path, control);
      const { trained, judged } = await scored(check, job, model, control).catch((error: unknown) => {
        throw withLogs(error, trace.logs);
      });
      const fitted = await judge({ ...job, foreign: judged }, control);
      return { ...fitted, command: { ...trace, ...trained } } satisfies FittedRun;
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  };

interface Ran {
  readonly trace: Omit<CommandTrace, 'changes' | 'warnings'>;
  readonly model: Buffer;
}

const runProgram = async (
  root: string,
  job: FitJob,
  command: Command,
  path: string,
  control: FitControl,
): Promise<Ran> => {
  const folders = foldersIn(root);
  const limits: Limits = {
    timeoutMs: command.timeout_ms,
    memoryBytes: command.memory_bytes,
    outputBytes: command.output_bytes,
  };
  await writeFiles(folders, job, command.files, requestOf(job, limits));
  const environment = environmentOf(folders, job, command, path);
  const version = await versionOf(command, folders, environment, control);
  const run = command.run.map((word) => word.replaceAll('{request}', REQUEST_PATH));
  const before = await folderSize([root]);
  const ended = await runLimited({
    run,
    folder: folders.program,
    environment,
    limits: { ...limits, outputBytes: before + limits.outputBytes },
    watched: [root],
    signal: control.signal,
    onLine: (line) => {
      const progress = progressOf(line);
      if (progress) control.onProgress(progress);
    },
  });
  const logs = logsOf(run, ended);
  const failure = failureOf(run.join(' '), ended, limits, { details: { logs } });
  if (failure) throw failure;
  try {
    const { model, claimed, environment: written, extras, left } = await readResult(folders.output);
    const note = left.length === 0 ? '' : `\n--- not kept, too large: ${left.join(', ')} ---\n`;
    const told = { ...(version === undefined ? {} : { [command.run[0]!]: version }), ...written };
    return { model, trace: { logs: logs + note, environment: told, claimed, extras } };
  } catch (error) {
    throw withLogs(error, logs);
  }
};

/** All that the program sees of the world: what the definition names, and a few of ours that it cannot take away. */
const environmentOf = (
  { home }: CommandFolders,
  { request }: FitJob,
  { environment }: Command,
  path: string,
): Record<string, string> => ({
  PATH: path,
  LANG: 'C.UTF-8',
  // Python gives its sets another order in each process otherwise; converters write models in the order of a set.
  PYTHONHASHSEED: '0',
  ...environment,
  HOME: home,
  TMPDIR: home,
  PLAYHEAD_REQUEST: REQUEST_PATH,
  PLAYHEAD_OUTPUT: OUTPUT_PATH,
  PLAYHEAD_SEED: String(request.seed),
});

/** The first line of `<program> --version`; of a program that the folder brings along nothing is asked: it might begin to train. */
const versionOf = async (
  { run: [program], memory_bytes }: Command,
  { program: folder, home }: CommandFolders,
  environment: Readonly<Record<string, string>>,
  { signal }: FitControl,
): Promise<string | undefined> => {
  if (program === undefined || program.startsWith('.')) return undefined;
  const { ending, stdout, stderr } = await runLimited({
    run: [program, '--version'],
    folder,
    environment,
    limits: { timeoutMs: VERSION_TIMEOUT_MS, memoryBytes: memory_bytes, outputBytes: 2 ** 20 },
    watched: [home],
    signal,
  });
  const [line] = (stdout.trim() === '' ? stderr : stdout).trim().split('\n');
  return ending.by === 'exit' && ending.code === 0 && line !== '' ? line!.slice(0, 200) : undefined;
};

const logsOf = (run: readonly string[], { ending, stdout, stderr, peakBytes }: Ended): string =>
  [
    `$ ${run.join(' ')}`,
    '--- standard output ---',
    stdout,
    '--- standard error ---',
    stderr,
    `--- ${ending.by === 'exit' ? `ended with code ${ending.code}` : `ended by ${ending.by}`}; at most ${Math.ceil(peakBytes / 2 ** 20)} MiB of memory seen ---`,
    '',
  ].join('\n');

const withLogs = (error: unknown, logs: string): unknown =>
  error instanceof PlatformError
    ? new PlatformError(error.code, error.disposition, error.message, {
        details: { ...error.details, logs },
        cause: error.cause,
      })
    : error;
