import type { Command } from 'commander';
import { messageOf, PlatformError, Refused } from '#kernel';
import { readPlatformState } from './platform/platform-state';

/** Options that every command has. */
export interface GlobalOptions {
  readonly dataDir: string;
  readonly namespace: string;
  readonly portBase: number;
  readonly json: boolean;
}

/** Of the command that starts a platform. */
export type StartOptions = Pick<GlobalOptions, 'dataDir' | 'json'> &
  Partial<Pick<GlobalOptions, 'namespace' | 'portBase'>>;

export const withPlace = (command: Command): Command =>
  command
    .option('--data-dir <dir>', 'where all local state lies', process.env.PLAYHEAD_DATA_DIR ?? './.playhead')
    .option('--json', 'one JSON object as the last line of standard output, for programs', false);

export const withStart = (command: Command): Command =>
  withPlace(command)
    .option(
      '--namespace <name>',
      'prefix of topics, groups, schemas and keys; by default that of before in this data folder, else playhead',
      process.env.PLAYHEAD_NAMESPACE,
    )
    .option(
      '--port-base <n>',
      'service i listens on n + i; 0 takes free ports; by default that of before, else 7000',
      portBase,
    );

/** Where a platform starts again: as it was started in this data folder before, but for what is said now. */
export const startedAs = ({
  dataDir,
  namespace,
  portBase: base,
}: StartOptions): Pick<GlobalOptions, 'namespace' | 'portBase'> => {
  const before = readPlatformState(dataDir);
  return {
    namespace: namespace ?? before?.namespace ?? 'playhead',
    portBase: base ?? before?.portBase ?? 7_000,
  };
};

/** Of commands by which somebody acts. */
export interface ActorOptions {
  readonly as: string;
}

export const withActor = (command: Command): Command =>
  command.option('--as <who>', 'who acts; self-declared until access control is built', 'operator');

export const portBase = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_000)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `--port-base must be a whole number from 0 to 65000, not "${text}"`,
    );
  return number;
};

/** Progress goes to standard error, so that standard output holds the answer alone. */
export const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

/** Exit code of a failed command: 2 for wrong use, 1 for anything else. */
export const exitCodeOf = (error: unknown): 1 | 2 =>
  error instanceof PlatformError &&
  (error.disposition === 'refuse' || error.disposition === 'refuse-to-start')
    ? 2
    : 1;

export const complain = (error: unknown, json: boolean): void => {
  const code = error instanceof PlatformError ? error.code : 'PLAYHEAD_DEFECT';
  process.stderr.write(`playhead: ${messageOf(error)}\n`);
  if (json)
    printJson({
      error: {
        code,
        message: messageOf(error),
        details: error instanceof PlatformError ? error.details : {},
      },
    });
};
