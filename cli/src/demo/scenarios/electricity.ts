import type { EventOf, PredictionMade } from '#contracts';
import {
  electricitySource,
  halfHoursOfFile,
  idOf,
  LABEL_DELAY_MS,
  simulatedHalfHours,
} from '../electricity-source';
import { HALF_HOURS_A_DAY, type HalfHour } from '../electricity-simulator';
import { judgeLoop } from '../loop-checks';
import type { Case, Check, Findings, OpenOptions, Scenario, Table } from '../scenario';
import type { Witness } from '../witness';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const ROWS = 168 * HALF_HOURS_A_DAY;
const START = Date.UTC(2026, 0, 5);
/** The first model learns from a month, up to the end of its last week. */
const TRAIN_AFTER_MS = 30 * DAY_MS;
/** Beyond the last label of a week. */
const REST_MS = 3_600_000;
/** The second line is opened when so much of the stream is over, at the beginning of a week of the monitor. */
const DRIFT_AFTER = 0.5;
/** What the public stream is known to give with the six official columns. */
const KNOWN = { static: 0.609, retrained: 0.732 } as const;
/** Shorter parts of the public stream say nothing about figures of the whole. */
const WHOLE = 45_000;

/** The standard stream of concept drift, or a market like it: one model for ever beside one that the platform renews. */
export const electricity: Scenario = {
  name: 'electricity',
  about: 'a market for electricity that changes: will the price go up?',
  examples: [
    './playhead demo electricity',
    './playhead demo electricity --data ../shared/data/elec2/elec2_data.dat',
  ],
  data: 'elec2_data.dat of the public stream, or its folder, with elec2_label.dat beside it',
  rows: ROWS,
  open: async (options): Promise<Case> => {
    const { rows = ROWS, data } = options;
    const driftAt = data === undefined ? driftOf(rows) : null;
    const halfHours =
      data === undefined
        ? simulatedHalfHours({ seed: 11, halfHours: rows, start: START, driftAt })
        : await readingOf(data, options);
    const source = electricitySource(halfHours);
    return {
      definitions: ['examples/electricity/playhead.yaml'],
      // Event time is a thousand times as fast as the clock here; so is the look for runs that are due.
      environment: { PLAYHEAD_REGISTRY_TRIGGERS_EVERY_MS: '200' },
      streams: ['half-hours', 'price-moves'],
      service: { name: 'electricity', trigger: 'half-hours' },
      model: 'electricity',
      deployment: 'electricity',
      source,
      trainAt: options.trainAt ?? weekFrom(source.firstTime + TRAIN_AFTER_MS),
      // A week, and a day more for its labels; then the stream stands still: in life a run is over before the next half-hour.
      loop: {
        driftAt,
        stretchMs: WEEK_MS,
        restAfterMs: LABEL_DELAY_MS + REST_MS,
        promotesAtOnce: true,
        busyPerSecond: HALF_HOURS_A_DAY,
      },
      judge: (witness) => judge(witness, halfHours, driftAt),
    };
  },
};

const readingOf = (data: string, { rows, say }: OpenOptions): Promise<HalfHour[]> => {
  say(`reading ${data}`);
  return halfHoursOfFile(data, rows);
};

const driftOf = (rows: number): number => weekFrom(START + DRIFT_AFTER * rows * (DAY_MS / HALF_HOURS_A_DAY));

/** The monitor's windows of a week begin on Thursdays, as epoch time does: the first one is to be a whole one. */
const weekFrom = (time: number): number => Math.ceil(time / WEEK_MS) * WEEK_MS;

const judge = async (
  witness: Witness,
  halfHours: readonly HalfHour[],
  driftAt: number | null,
): Promise<Findings> => {
  const { table, accuracy } = await compare(witness, halfHours);
  const loop =
    driftAt === null
      ? leftToItself(witness)
      : (await judgeLoop(witness, { driftAt, windowMs: WEEK_MS, within: 2, falseAlarms: 1 })).checks;
  const known = driftAt === null && halfHours.length >= WHOLE;
  const better: Check = {
    name: 'renewed by itself, it says more than the first version does for ever',
    ok: accuracy.retrained > accuracy.static && (!known || accuracy.retrained >= KNOWN.retrained),
    value: `${accuracy.retrained.toFixed(4)} against ${accuracy.static.toFixed(4)}`,
    wanted: known
      ? `at least ${KNOWN.retrained} (known figures: ${KNOWN.static} static, ${KNOWN.retrained} retrained)`
      : 'more',
  };
  return { checks: [...loop, better], tables: [table], extra: { accuracy } };
};

/** Where nobody knows when the world changes: what can be said all the same. */
const leftToItself = ({ about: { story } }: Witness): Check[] => {
  const alerts = story.of('alert').length;
  const aliases = story.of('alias').filter(({ alias }) => alias === 'champion');
  const byPolicy = aliases.filter(({ by }) => by === 'retraining policy').length;
  return [
    { name: 'drift is found', ok: alerts > 0, value: `${alerts} alerts`, wanted: 'some' },
    {
      name: 'trained again and promoted by itself',
      ok: byPolicy > 0 && byPolicy >= aliases.length - 1,
      value: `${byPolicy} of ${aliases.length} champions`,
      wanted: 'all but the first',
    },
  ];
};

interface Accuracy {
  readonly yesterday: number;
  readonly static: number;
  readonly retrained: number;
  readonly noChange: number;
  /** What the champions themselves expected, before any label. */
  readonly estimated: number;
}

/** Each answer as it was really given, by who was champion then, beside what the first version would have said of the same half-hour. */
const compare = async (
  witness: Witness,
  halfHours: readonly HalfHour[],
): Promise<{ readonly table: Table; readonly accuracy: Accuracy }> => {
  const truth = new Map(
    halfHours.map(({ time, isUp }, index) => [
      idOf(time),
      { isUp, before: halfHours[index - 1]?.isUp, yesterday: halfHours[index - HALF_HOURS_A_DAY]?.isUp },
    ]),
  );
  const predictions = await witness.predictions();
  const answered = new Map(predictions.map((prediction) => [prediction.event_id, prediction]));
  const vectors = (await witness.vectors()).filter(({ fact }) => answered.has(fact.event_id));
  const first = await witness.scoresOf(witness.about.first, vectors);
  const right = { noChange: 0, yesterday: 0, static: 0, retrained: 0 };
  let expected = 0;
  vectors.forEach(({ fact }, row) => {
    const { isUp, before, yesterday } = truth.get(fact.event_id)!;
    const champion = probabilityOf(answered.get(fact.event_id)!);
    if (isUp === (before ?? false)) right.noChange++;
    if (isUp === (yesterday ?? false)) right.yesterday++;
    if (isUp === first[row]! >= 0.5) right.static++;
    if (isUp === champion >= 0.5) right.retrained++;
    expected += Math.max(champion, 1 - champion);
  });
  const rows = vectors.length;
  const accuracy: Accuracy = {
    noChange: right.noChange / rows,
    yesterday: right.yesterday / rows,
    static: right.static / rows,
    retrained: right.retrained / rows,
    estimated: expected / rows,
  };
  const versions = new Set(predictions.map(({ version }) => version)).size;
  const line = (what: string, one: number): [string, number, string, string] => [
    what,
    rows,
    one.toFixed(4),
    ((one - accuracy.noChange) / (1 - accuracy.noChange)).toFixed(3),
  ];
  return {
    accuracy,
    table: {
      title: `Accuracy over the stream, each answer judged by what was known ${LABEL_DELAY_MS / 3_600_000} hours later`,
      columns: ['who answers', 'half-hours', 'accuracy', 'kappa temporal'],
      rows: [
        line('no change: as half an hour before, which nobody knows yet', accuracy.noChange),
        line('as a day before, the newest that is known', accuracy.yesterday),
        line('static: the first version for ever', accuracy.static),
        line(`retrained by itself: ${versions} versions one after the other`, accuracy.retrained),
        [
          'what these versions expected of themselves, without labels',
          rows,
          accuracy.estimated.toFixed(4),
          null,
        ],
      ],
    },
  };
};

const probabilityOf = ({ output }: EventOf<typeof PredictionMade>): number => output.probability ?? 0;
