import type { RolloutDocument } from '../documents';
import { shortNumber, table } from '../view/text';

/** Who answers, how far a rollout or an experiment is, and what happened, for a person. `now` is epoch ms. */
export const describeRollout = (document: RolloutDocument, now: number): string => {
  const { model, routes, rollout, experiment, story } = document;
  return [
    ...(routes.length > 1
      ? [
          indent(
            table(
              ['route', 'version', 'share'],
              routes.map(({ route, version, share }) => [
                route,
                `${model}@${version}`,
                `${shortNumber(share)} %`,
              ]),
            ),
          ),
        ]
      : []),
    ...(rollout ? [rolloutLine(document, now), ...limitLines(document)] : []),
    ...(experiment
      ? [
          `  ${experiment.strategy === 'ab' ? 'A/B' : 'bandit'} since revision ${experiment.revision}: ${experiment.reason}`,
          indent(
            experiment.strategy === 'ab'
              ? table(
                  ['arm', 'share'],
                  experiment.arms.map(({ route, share }) => [route, `${shortNumber(share)} %`]),
                )
              : table(
                  ['arm', 'share', 'labels', 'successes', 'best with'],
                  experiment.arms.map(({ route, share, trials, successes, best }) => [
                    route,
                    `${shortNumber(share)} %`,
                    trials,
                    successes,
                    best === undefined ? '-' : shortNumber(best),
                  ]),
                ),
          ),
        ]
      : []),
    ...(story.length > 0 ? [storyTable(document)] : []),
  ].join('\n');
};

const rolloutLine = ({ model, rollout }: RolloutDocument, now: number): string => {
  const { strategy, status, version, baseline, step, steps, share, since, judgedAfter } = rollout!;
  const name = `${strategy} of ${model}@${version} after ${model}@${baseline}`;
  if (status !== 'running' && status !== 'paused') return `  ${name}: ${status}`;
  const at = `step ${step + 1} of ${steps.length} at ${shortNumber(share)} % since ${since}`;
  if (status === 'paused') return `  ${name}: held at ${at}; --resume lets it go on`;
  const left = judgedAfter === null ? 0 : Date.parse(judgedAfter) - now;
  const next = left > 0 ? `judged in ${spanText(left)}` : 'judged with the next reports of serving';
  return `  ${name}: ${at}, ${next}`;
};

const limitLines = ({ rollout }: RolloutDocument): string[] => {
  const { status, abort } = rollout!;
  if (status !== 'running' && status !== 'paused') return [];
  if (abort.length === 0) return ['  it has no limits: time alone decides'];
  return abort.map(
    ({ metric, above, below, against, rows }) =>
      `  taken back when ${metric} is ${above === undefined ? `below ${below}` : `above ${above}`}${against === undefined ? '' : ` against the version before`}, of ${rows} rows or more`,
  );
};

const storyTable = ({ story }: RolloutDocument): string =>
  indent(
    table(
      ['position', 'when', 'what', 'share', 'by', 'why', 'evidence'],
      story.map(({ position, decidedAt, change, share, by, reason, evidence }) => [
        position,
        decidedAt,
        change,
        `${shortNumber(share)} %`,
        by,
        reason,
        evidence.map(({ id }) => id).join(' '),
      ]),
    ),
  );

/** One change, where changes are told as they come. */
export const changeLine = ({
  position,
  change,
  share,
  by,
  reason,
  evidence,
}: RolloutDocument['story'][number]): string =>
  `${position} ${change} at ${shortNumber(share)} % by ${by}: ${reason}${evidence.length === 0 ? '' : ` (${evidence.map(({ id }) => id).join(' ')})`}`;

const indent = (text: string): string => text.replace(/^/gm, '  ');

const spanText = (ms: number): string => {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${shortNumber(Math.round(minutes / 6) / 10)} h`;
};
