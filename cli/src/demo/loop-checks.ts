import { timestampMs } from '#kernel';
import type { Check } from './scenario';
import type { Step } from './story';
import type { Witness } from './witness';

/** Alerts about windows that ended before the drift: false ones. */
export const falseAlarms = (alerts: readonly Step[], driftAt: number): Step[] =>
  alerts.filter(({ window }) => window !== undefined && timestampMs(window.end) <= driftAt);

export interface LoopExpectations {
  readonly driftAt: number;
  /** Length of a window of the monitor. */
  readonly windowMs: number;
  /** The drift is to be found in one of so many windows after it. */
  readonly within: number;
  /** How many alerts may be raised before it. */
  readonly falseAlarms: number;
  /** Kinds of alerts that count as having found it; all by default. */
  readonly kinds?: readonly string[];
}

export interface LoopVerdict {
  readonly checks: readonly Check[];
  /** The versions that the policy promoted, in order. */
  readonly promoted: readonly number[];
  /** From the first drifted event to the first answer of the first version that the policy promoted. */
  readonly seconds: number | null;
}

/** What every scenario with a loop holds against what happened: found, no false alarm, trained and promoted by itself, refused ones never answered. */
export const judgeLoop = async (witness: Witness, expected: LoopExpectations): Promise<LoopVerdict> => {
  const { story, first, driftedAt, deliveries, control, plan } = witness.about;
  const { driftAt, windowMs, within, kinds } = expected;
  const alerts = story.of('alert');
  const early = falseAlarms(alerts, driftAt);
  const found = alerts.find(
    ({ kind, window }) => timestampMs(window!.end) > driftAt && (kinds?.includes(kind!) ?? true),
  );
  const windows = found && Math.ceil((timestampMs(found.window!.end) - driftAt) / windowMs);
  const byPolicy = story.of('request').filter(({ by }) => by === 'retraining policy');
  const promoted = story
    .of('alias')
    .filter(({ alias, by }) => alias === 'champion' && by === 'retraining policy');
  const refused = story.of('version').filter(({ passed }) => !passed);
  const answered = new Set((await witness.predictions()).map(({ version }) => version));
  const strays = refused.filter(({ version }) => answered.has(version!));
  /** One that was promoted when the stream ended has met nobody. */
  const newest = promoted.findLast(({ version }) => answered.has(version!))?.version;
  const answers = promoted[0] && (await witness.firstAnswerOf(promoted[0].version!));
  const seconds = typeof answers === 'number' && driftedAt !== null ? (answers - driftedAt) / 1_000 : null;
  const told =
    promoted[0] &&
    (await control.stories(plan.deployment)).find(({ version }) => version === promoted[0]!.version);
  const delivered = alerts.filter(({ subject, kind }) =>
    deliveries?.some(({ body }) => body.includes(subject!) && body.includes(kind!)),
  );
  return {
    promoted: promoted.map(({ version }) => version!),
    seconds,
    checks: [
      {
        name: 'no alarm before the drift',
        ok: early.length <= expected.falseAlarms,
        value: early.length,
        wanted: `at most ${expected.falseAlarms}`,
      },
      {
        name: 'the drift is found',
        ok: windows !== undefined && windows <= within,
        value: found ? `window ${windows}: ${found.says}` : null,
        wanted: `in one of the first ${within} windows`,
      },
      {
        name: 'trained again by itself',
        ok: byPolicy.length > 0,
        value: byPolicy.length,
        wanted: 'a run or more, asked for by the retraining policy',
      },
      {
        name: 'a new champion answers',
        ok: newest !== undefined && newest !== first,
        value: newest ?? null,
        wanted: `another version than ${first}, promoted by the retraining policy`,
      },
      {
        name: 'no version that failed its gates answers',
        ok: strays.length === 0,
        value: `${refused.length} refused, ${strays.length} of them answered`,
        wanted: 'none answered',
      },
      ...(deliveries === undefined
        ? []
        : [
            {
              name: 'somebody is told',
              ok: alerts.length > 0 && delivered.length === alerts.length,
              value: `${delivered.length} of ${alerts.length} alerts in ${deliveries.length} deliveries`,
              wanted: 'every alert delivered to the webhook',
            },
          ]),
      {
        name: 'monitoring tells it as one story',
        ok: typeof told?.seconds.fromFirstEvent === 'number',
        value: told
          ? `${told.trigger} to ${told.verdict}, ${told.seconds.fromFirstEvent} s from the first event of the drifted window`
          : null,
        wanted: 'from the first event of the drifted window to the new champion',
      },
      {
        name: 'seconds from the first drifted event to the new champion',
        ok: seconds !== null,
        value: seconds,
        wanted: 'without a hand on it',
      },
    ],
  };
};
