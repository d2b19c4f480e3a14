import { path, type Door } from '../doors';
import { shortNumber, table } from '../view/text';

/** Of training's `GET /v1/runs/<run>/trials`: best first. */
export interface TrialDocument {
  readonly trial: number;
  readonly trainer: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Share of the trees, or else of the rows, that it was given. */
  readonly resource: number;
  readonly state: 'started' | 'completed' | 'failed';
  readonly metric?: string;
  readonly value?: number | null;
  readonly seconds?: number;
  readonly message?: string;
}

export const fetchTrials = async (training: Door, run: string): Promise<readonly TrialDocument[]> =>
  (await training.get<{ trials: readonly TrialDocument[] }>(path`/v1/runs/${run}/trials`)).trials;

/** Trials as a table, best first. */
export const trialTable = (trials: readonly TrialDocument[], limit = Infinity): string => {
  const metric = trials.find((trial) => trial.metric !== undefined)?.metric ?? 'value';
  const shown = trials.slice(0, limit);
  const left = trials.length - shown.length;
  const rows = table(
    ['trial', metric, 'trainer', 'parameters', 'resource', 'seconds', 'state'],
    shown.map(({ trial, value, trainer, parameters, resource, seconds, state, message }) => [
      trial,
      value === undefined || value === null ? null : shortNumber(value),
      trainer,
      Object.entries(parameters)
        .map(
          ([name, each]) => `${name}=${typeof each === 'number' ? shortNumber(each) : JSON.stringify(each)}`,
        )
        .join(' '),
      shortNumber(resource),
      seconds === undefined ? null : shortNumber(seconds),
      message === undefined ? state : `${state}: ${message.split('\n')[0]}`,
    ]),
  );
  return left > 0 ? `${rows}\nand ${left} more` : rows;
};
