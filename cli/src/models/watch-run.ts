import { setTimeout as sleep } from 'node:timers/promises';
import type { EventOf, TrainingRunProgressed } from '#contracts';
import { TransientFailure, isPlatformError } from '#kernel';
import { hasEnded, type RunDocument } from '../documents';
import { path, type Door } from '../doors';
import { shortNumber } from '../view/text';

export type RunProgress = Omit<EventOf<typeof TrainingRunProgressed>, 'run' | 'model'>;

export interface WatchOptions {
  readonly registry: Door;
  /** Tells how far a fit is; a run is watched to its end without it, too. */
  readonly training: Door;
  readonly run: string;
  readonly say: (line: string) => void;
  readonly everyMs?: number;
  /** How long the registry may give no answer. */
  readonly patienceMs?: number;
  /** Waits so long for the end; for as long as it takes by default. */
  readonly timeoutMs?: number;
}

/** Waits for the end of a run, saying each change of its state and how far its fit is; gives the run as it ended. */
export const watchRun = async (options: WatchOptions): Promise<RunDocument> => {
  const { registry, run, say, everyMs = 300, timeoutMs = Infinity } = options;
  const until = Date.now() + timeoutMs;
  let said = '';
  const sayOnce = (line: string): void => {
    if (line !== said) say(line);
    said = line;
  };
  for (;;) {
    const now = await patiently(() => registry.get<RunDocument>(path`/v1/runs/${run}`), options);
    if (hasEnded(now)) return now;
    const progress = now.status === 'started' ? await progressOf(options) : undefined;
    sayOnce(`${run}: ${progress ? progressLine(progress) : STAGES[now.status]}`);
    if (Date.now() >= until)
      throw new TransientFailure(
        'PLAYHEAD_NOT_READY',
        `${run} is still ${now.status}; \`./playhead runs ${run}\` shows how it goes on`,
      );
    await sleep(everyMs);
  }
};

const STAGES: Readonly<Record<string, string>> = {
  requested: 'its data set is being built',
  started: 'the fit begins',
};

export const progressLine = ({
  iteration,
  iterations,
  metric,
  train,
  validation,
  trial,
  trials,
}: RunProgress): string =>
  `${trial === undefined ? '' : `trial ${trial} of ${trials}: `}${iteration} of ${iterations}, ${metric} ${shortNumber(train)}${validation === undefined ? '' : `, validation ${shortNumber(validation)}`}`;

const progressOf = async ({ training, run }: WatchOptions): Promise<RunProgress | undefined> => {
  try {
    return (
      (await training.get<{ progress?: RunProgress | null }>(path`/v1/runs/${run}`)).progress ?? undefined
    );
  } catch (error) {
    if (isPlatformError(error)) return undefined; // for people only: the registry says how it ends
    throw error;
  }
};

/** A registry that restarts is waited for. */
const patiently = async <T>(
  ask: () => Promise<T>,
  { say, everyMs = 300, patienceMs = 60_000 }: WatchOptions,
): Promise<T> => {
  const until = Date.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!isPlatformError(error) || error.disposition !== 'retry' || Date.now() >= until) throw error;
      if (attempt === 0) say(`${error.message}; waiting`);
      await sleep(everyMs);
    }
  }
};
