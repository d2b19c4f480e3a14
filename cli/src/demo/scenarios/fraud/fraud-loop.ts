import { averagePrecision, rocAuc } from '#learn';
import { DEFAULT_FRAUD_SIMULATION, simulateFraud } from '../../fraud-simulator';
import { judgeLoop } from '../../loop-checks';
import type { Case, Findings, Occurrence } from '../../scenario';
import type { Witness } from '../../witness';
import { faultsBeside } from './faults';

const DAY_MS = 86_400_000;
const { start } = DEFAULT_FRAUD_SIMULATION;

/** Days of the story: ten of history, four quiet ones, then the drift. */
const TRAIN_DAY = 10;
const DRIFT_DAY = 14;
const DAYS = 22;
const DRIFT_AT = start + DRIFT_DAY * DAY_MS;

/** With fewer, a day has too few payments to judge it. */
export const LEAST_ROWS = 20_000;

/** Payments of a customer in all the days, on average, rounded down so that there are always enough to cut from. */
const PER_CUSTOMER = 42;

/** Made-up payments with a drift at a known moment, and a platform that is left to itself. */
export const fraudLoop = (rows: number): Case => {
  const { occurrences, frauds } = simulate(rows);
  const payments = occurrences.filter(({ stream }) => stream === 'transactions');
  return {
    definitions: ['examples/fraud-loop'],
    environment: { PLAYHEAD_SERVING_REPORT_MS: '500' },
    streams: ['transactions', 'fraud-labels'],
    service: { name: 'fraud', trigger: 'transactions' },
    model: 'fraud',
    deployment: 'fraud',
    source: {
      rows: payments.length,
      firstTime: payments[0]!.time,
      lastTime: payments.at(-1)!.time,
      occurrences: () => occurrences,
    },
    trainAt: start + TRAIN_DAY * DAY_MS,
    faults: faultsBeside,
    loop: { driftAt: DRIFT_AT, stretchMs: DAY_MS / 4, busyPerSecond: 500 },
    judge: (witness) => judge(witness, frauds),
  };
};

const simulate = (
  rows: number,
): { readonly occurrences: readonly Occurrence[]; readonly frauds: ReadonlySet<string> } => {
  const customers = Math.ceil(rows / PER_CUSTOMER);
  const occurrences: Occurrence[] = [];
  const frauds = new Set<string>();
  let payments = 0;
  for (const occurrence of simulateFraud({
    ...DEFAULT_FRAUD_SIMULATION,
    customers,
    terminals: Math.round(customers * 1.6),
    days: DAYS,
    labelDelayDays: 0.5,
    driftDay: DRIFT_DAY,
  })) {
    if (occurrence.stream === 'transactions' && ++payments > rows) break;
    occurrences.push(occurrence);
    if (occurrence.stream === 'fraud-labels' && occurrence.event.is_fraud)
      frauds.add(occurrence.event.transaction_id);
  }
  return { occurrences, frauds };
};

/** Both versions on the same payments: those after the drift whose labels are known, and that neither was trained on. */
const judge = async (witness: Witness, frauds: ReadonlySet<string>): Promise<Findings> => {
  const { first, plan } = witness.about;
  const { checks, newest, seconds } = await judgeLoop(witness, {
    driftAt: DRIFT_AT,
    windowMs: DAY_MS,
    within: 1,
    falseAlarms: 0,
  });
  if (newest === undefined) return { checks };
  const from = await answersFrom(witness, newest);
  const to = plan.source.lastTime - DAY_MS / 2;
  const tail = (await witness.vectors()).filter(({ time }) => time >= from && time < to);
  const labels = Float64Array.from(tail, ({ fact }) => (frauds.has(fact.event_id) ? 1 : 0));
  const measured = await Promise.all(
    [first, newest].map(async (version) => {
      const scores = await witness.scoresOf(version, tail);
      return [averagePrecision(labels, scores), rocAuc(labels, scores)] as const;
    }),
  );
  const [[before], [after]] = measured as [readonly [number, number], readonly [number, number]];
  return {
    checks: [
      ...checks,
      {
        name: 'better than before on what came after',
        ok: after > before + 0.1,
        value: `average precision ${after.toFixed(3)}, before ${before.toFixed(3)}`,
        wanted: 'at least 0.1 more on the labelled tail',
      },
    ],
    tables: [
      {
        title: `On ${tail.length} labelled payments since version ${newest} answers (${labels.reduce((sum, each) => sum + each, 0)} frauds)`,
        columns: ['version', 'average precision', 'ROC AUC'],
        rows: [first, newest].map((version, i) => [`fraud@${version}`, ...measured[i]!]),
      },
    ],
    extra: { loopSeconds: seconds },
  };
};

/** Event time of the first payment that a version answered. */
const answersFrom = async (witness: Witness, version: number): Promise<number> =>
  (await witness.predictions()).reduce(
    (first, prediction) =>
      prediction.version === version ? Math.min(first, Date.parse(prediction.event_time)) : first,
    Infinity,
  );
