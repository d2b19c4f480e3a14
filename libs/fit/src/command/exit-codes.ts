import { PlatformError, Refused, type ErrorOptions } from '#kernel';
import type { Ended, Limits } from '#inference';

/** sysexits.h, and the two that shells and argument parsers use. */
const MEANINGS: Readonly<Record<number, string>> = {
  1: 'a failure of its own',
  2: 'wrong use: it does not know its arguments',
  64: 'EX_USAGE: it was called wrongly',
  65: 'EX_DATAERR: the data are not as it needs them',
  66: 'EX_NOINPUT: an input is missing',
  67: 'EX_NOUSER: a user is not known',
  68: 'EX_NOHOST: a host is not known',
  69: 'EX_UNAVAILABLE: something that it needs is not available',
  70: 'EX_SOFTWARE: a defect of its own',
  71: 'EX_OSERR: the operating system refused something',
  72: 'EX_OSFILE: a system file is missing',
  73: 'EX_CANTCREAT: it cannot create its output',
  74: 'EX_IOERR: reading or writing failed',
  75: 'EX_TEMPFAIL: try again later',
  76: 'EX_PROTOCOL: something else answered wrongly',
  77: 'EX_NOPERM: it may not do what it needs to',
  78: 'EX_CONFIG: its parameters are wrong',
  126: 'it is there, but is no program that may be run',
  127: 'there is no such program',
};

const TRY_AGAIN = 75;

const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** Lines of the end of its output that a message carries. */
const LAST_LINES = 15;

/** Why a program did not come to its end, or undefined where it did. */
export const failureOf = (
  program: string,
  ended: Ended,
  limits: Limits,
  options: ErrorOptions,
): PlatformError | undefined => {
  const { ending } = ended;
  const text = (reason: string): string => `${program}: ${reason}${lastWords(ended)}`;
  switch (ending.by) {
    case 'cancel':
      return new Refused('PLAYHEAD_LEARN_CANCELLED', 'the training run was cancelled');
    case 'timeout':
      return new Refused(
        'PLAYHEAD_COMMAND_TIMEOUT',
        text(`it was ended after ${limits.timeoutMs / 1_000} s`),
        options,
      );
    case 'memory':
      return new Refused(
        'PLAYHEAD_COMMAND_MEMORY',
        text(
          `it was ended when its processes held ${mebibytes(ended.peakBytes)}; ${mebibytes(limits.memoryBytes)} are allowed`,
        ),
        options,
      );
    case 'output':
      return new Refused(
        'PLAYHEAD_COMMAND_OUTPUT',
        text(`it was ended when it had written more than ${mebibytes(limits.outputBytes)}`),
        options,
      );
    case 'exit':
      return ending.code === 0 ? undefined : failureOfCode(program, ended, ending.code, options);
  }
};

const failureOfCode = (program: string, ended: Ended, code: number, options: ErrorOptions): PlatformError => {
  const text = (reason: string): string =>
    `${program}: it ended with code ${code} (${reason})${lastWords(ended)}`;
  if (code > 128) {
    const signal = SIGNALS[code - 128] ?? `signal ${code - 128}`;
    return new Refused('PLAYHEAD_COMMAND_KILLED', text(`by ${signal}`), options);
  }
  const meaning = MEANINGS[code] ?? 'a code of its own';
  // A crash is tried once more, and so is what asks for it.
  if (code === TRY_AGAIN) return new PlatformError('PLAYHEAD_LEARN_CRASHED', 'halt', text(meaning), options);
  if (code === 126 || code === 127) return new Refused('PLAYHEAD_COMMAND_NOT_FOUND', text(meaning), options);
  return new Refused('PLAYHEAD_COMMAND_FAILED', text(meaning), options);
};

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** The end of what it said, where errors stand. */
const lastWords = ({ stdout, stderr }: Ended): string => {
  const said = stderr.trim() === '' ? stdout : stderr;
  const lines = said.trim().split('\n').slice(-LAST_LINES).join('\n').slice(-2_000);
  return lines === '' ? '' : `\n${lines}`;
};
