import { Type, type Static } from 'typebox';
import { parseDuration } from '#kernel';
import { durationText } from '../../duration-text';
import { CLOSED, Duration } from '../words';

export const SPLITS = ['time', 'entity', 'random'] as const;

export const SplitOptions = Type.Object(
  {
    by: Type.Optional(
      Type.Enum([...SPLITS], {
        default: 'time',
        description: 'time: the newest rows judge; entity: no entity on both sides; random: by event',
      }),
    ),
    holdout: Type.Optional(
      Type.Union([
        Duration('by time: the last stretch of event time, kept for judging', '7d'),
        Type.Number({
          exclusiveMinimum: 0,
          maximum: 0.99,
          default: 0.2,
          description: 'by entity or random: the share that is kept for judging',
        }),
      ]),
    ),
    gap: Type.Optional(
      Duration('by time: left out before the hold-out, so that labels known late do not leak', '7d'),
    ),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4294967295,
        default: 0,
        description: 'by entity or random: another seed holds out others',
      }),
    ),
    history: Type.Optional(
      Duration(
        'rows older than so long before the newest labelled one are left out; by time, hold-out and gap lie within it; all rows by default',
      ),
    ),
  },
  CLOSED,
);
type SplitOptions = Static<typeof SplitOptions>;

export type SplitSpec = (
  | { readonly by: 'time'; readonly holdout: string; readonly gap: string }
  | { readonly by: 'entity' | 'random'; readonly holdout: number; readonly seed: number }
) & { readonly history?: string };

/** Options of one way to split that another does not have. */
export const splitConflicts = ({
  by = 'time',
  holdout,
  gap,
  seed,
  history,
}: SplitOptions): { key: string; message: string }[] => {
  const faults: { key: string; message: string }[] = [];
  if (by === 'time' && typeof holdout === 'number')
    faults.push({
      key: 'holdout',
      message: `a split by time holds out a duration such as 7d, not ${holdout}`,
    });
  if (by !== 'time' && typeof holdout === 'string')
    faults.push({
      key: 'holdout',
      message: `a split by ${by} holds out a share such as 0.2, not ${holdout}`,
    });
  if (by !== 'time' && gap !== undefined)
    faults.push({ key: 'gap', message: `a split by ${by} has no \`gap\`; one by time has` });
  if (by === 'time' && seed !== undefined)
    faults.push({ key: 'seed', message: 'a split by time has no `seed`; those by entity and random have' });
  const judged = by === 'time' ? parseDuration(textOr(holdout, '7d')) + parseDuration(gap ?? '7d') : 0;
  if (history !== undefined && parseDuration(history) <= judged)
    faults.push({
      key: 'history',
      message: `\`history\` is ${history}, which leaves nothing to train on: it must be longer than ${by === 'time' ? 'hold-out and gap together' : 'that'}`,
    });
  return faults;
};

const textOr = (holdout: string | number | undefined, fallback: string): string =>
  typeof holdout === 'string' ? holdout : fallback;

export const splitSpec = ({
  by = 'time',
  holdout,
  gap = '7d',
  seed = 0,
  history,
}: SplitOptions): SplitSpec => ({
  ...(by === 'time'
    ? { by, holdout: durationText(textOr(holdout, '7d')), gap: durationText(gap) }
    : { by, holdout: typeof holdout === 'number' ? holdout : 0.2, seed }),
  ...(history === undefined ? {} : { history: durationText(history) }),
});
