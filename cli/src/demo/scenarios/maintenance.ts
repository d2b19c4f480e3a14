import { Defect, Refused, timestampMs } from '#kernel';
import { judgeLoop } from '../loop-checks';
import { CYCLE_MS, type Reading } from '../maintenance-simulator';
import { HORIZON, maintenanceSource, readingsOfFile, simulatedReadings } from '../maintenance-source';
import { judgeOrders, phasesOf, type Phase } from '../maintenance-verdict';
import type { Case, Check, Findings, OpenOptions, Scenario, Table } from '../scenario';
import type { Witness } from '../witness';
import { WorkshopDesk } from '../workshop-desk';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const DAYS = 32;
const ROWS = 38_400;
/** Windows are days, and a window needs 200 predictions for a verdict. */
const FEWEST_ROWS = 12_000;
const TRAIN_AT = START + 12 * DAY_MS;
const DRIFT_AT = START + 18 * DAY_MS;
/** Somebody changes the model for the worse. */
const HURRIED_AT = START + 26 * DAY_MS;
/** Of a file, where nobody knows when the world changes. */
const TRAIN_AFTER = 0.5;
/** Work is ordered when an engine is said to last no more than so many cycles. */
const LIMIT = 15;

/** Engines that wear, sensors that are calibrated anew, and a workshop that goes by what is predicted. */
export const maintenance: Scenario = {
  name: 'maintenance',
  about: 'engines and their sensors: how long will this one last, and is it time for work on it?',
  examples: [
    './playhead demo maintenance',
    './playhead demo maintenance --data ../shared/data/cmapss/train_FD001.txt',
  ],
  data: "NASA's turbofans run to their failure, train_FD001.txt",
  rows: ROWS,
  open: async (options): Promise<Case> => {
    const driftAt = options.data === undefined ? DRIFT_AT : null;
    const readings = await readingsOf(options);
    const source = maintenanceSource(readings);
    const half = source.firstTime + TRAIN_AFTER * (source.lastTime - source.firstTime);
    const trainAt = driftAt === null ? Math.ceil(half / DAY_MS) * DAY_MS : TRAIN_AT;
    let desk: WorkshopDesk | undefined;
    return {
      definitions: ['examples/maintenance/playhead.yaml'],
      environment: { PLAYHEAD_REGISTRY_TRIGGERS_EVERY_MS: '500' },
      streams: ['readings', 'lives'],
      service: { name: 'maintenance', trigger: 'readings' },
      model: 'maintenance',
      deployment: 'maintenance',
      source,
      trainAt: options.trainAt ?? trainAt,
      // A hundred engines give a hundred readings in two hours: while a run is under way four hours pass in a second.
      loop: { driftAt, stretchMs: DAY_MS, busyPerSecond: 200 },
      onServing: (actors) => {
        actors.say('examples/maintenance/work-orders.cjs reads the predictions and orders work');
        desk = WorkshopDesk.open(actors, LIMIT);
        return Promise.resolve();
      },
      ...(driftAt !== null && {
        moments: [{ at: HURRIED_AT, act: ({ apply }) => apply('examples/maintenance/hurried.yaml') }],
      }),
      judge: (witness) => {
        if (!desk) throw new Defect('nothing served, and yet it is judged');
        return judge(witness, readings, driftAt, desk);
      },
    };
  },
};

/** Fewer rows are fewer engines, not fewer days. */
const readingsOf = async ({ rows, data, say }: OpenOptions): Promise<Reading[]> => {
  if (data !== undefined) {
    say(`reading ${data}`);
    return readingsOfFile(data, rows);
  }
  const readings = rows ?? ROWS;
  if (readings < FEWEST_ROWS)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `--rows ${readings} are too few engines to judge a day by; write ${FEWEST_ROWS} or more`,
    );
  const engines = Math.max(1, Math.round(readings / (DAYS * (DAY_MS / CYCLE_MS))));
  return simulatedReadings({ seed: 5, engines, readings, start: START, driftAt: DRIFT_AT });
};

const judge = async (
  witness: Witness,
  readings: readonly Reading[],
  driftAt: number | null,
  desk: WorkshopDesk,
): Promise<Findings> => {
  const loop =
    driftAt === null
      ? []
      : (await judgeLoop(witness, { driftAt, windowMs: DAY_MS, within: 2, falseAlarms: 0 })).checks;
  const predictions = await witness.predictions();
  const phases = phasesOf(predictions, witness.about.first, driftAt);
  const due = predictions.flatMap(({ output, entity }) =>
    (output.value ?? Infinity) <= LIMIT ? [entity.engine_id!] : [],
  );
  const orders = await desk.ordersFor(new Set(due));
  witness.about.say(`the workshop's desk: ${await desk.close()}`);
  const errors = await errorsOf(witness, readings, phases);
  const { checks, table } = judgeOrders(readings, orders, phases);
  return {
    checks: [...loop, ...(driftAt === null ? [] : [refusal(witness)]), ...errors.checks, ...checks],
    tables: [errors.table, table],
    extra: { orders: orders.length },
  };
};

/** The version of the changed definition was trained by the policy; that it never answered stands among the checks of the loop. */
const refusal = ({ about: { story } }: Witness): Check => {
  const asked = story.of('request').findLast(({ cause }) => cause?.trigger === 'definition');
  const version = asked && story.of('version').find(({ run }) => run === asked.run);
  return {
    name: 'a bad challenger does not get through',
    ok: version?.passed === false,
    value: version?.says ?? null,
    wanted: 'the version of a definition that was changed for the worse fails its gates',
  };
};

/** How far the answers were from what became of the engines, in cycles, beside what the first version would have said. */
const errorsOf = async (
  witness: Witness,
  readings: readonly Reading[],
  phases: readonly Phase[],
): Promise<{ readonly table: Table; readonly checks: readonly Check[] }> => {
  const left = new Map(
    readings.map(({ engine, cycle, remaining }) => [`${engine}-${cycle}`, Math.min(HORIZON, remaining)]),
  );
  const answers = new Map((await witness.predictions()).map((one) => [one.event_id, one.output.value ?? 0]));
  const vectors = (await witness.vectors()).filter(({ fact }) => answers.has(fact.event_id));
  const first = await witness.scoresOf(witness.about.first, vectors);
  const sums = phases.map(() => ({ rows: 0, first: 0, answered: 0 }));
  vectors.forEach(({ fact }, row) => {
    const time = timestampMs(fact.event_time);
    const sum = sums[phases.findIndex(({ from, to }) => time >= from && time < to)];
    if (!sum) return;
    const truth = left.get(fact.event_id)!;
    sum.rows++;
    sum.first += Math.abs(first[row]! - truth);
    sum.answered += Math.abs(answers.get(fact.event_id)! - truth);
  });
  const means = sums.map(({ rows, ...sum }) => ({
    rows,
    first: sum.first / rows,
    answered: sum.answered / rows,
  }));
  const last = means.at(-1)!;
  const better: Check = {
    name: 'the versions that were trained again say it better than the first one would',
    ok: last.answered < last.first,
    value: `${last.answered.toFixed(2)} against ${last.first.toFixed(2)} cycles`,
    wanted: 'a smaller mean error',
  };
  return {
    checks: phases.length > 1 ? [better] : [],
    table: {
      title: 'Mean error of the remaining life, in cycles',
      columns: ['when', 'readings', 'the first version for ever', 'as answered'],
      rows: phases.map(({ name }, index) => {
        const { rows, first: static_, answered } = means[index]!;
        return [name, rows, static_.toFixed(2), answered.toFixed(2)];
      }),
    },
  };
};
