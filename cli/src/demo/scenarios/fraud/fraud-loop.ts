import { averagePrecision, rocAuc } from '#learn';
import { DEFAULT_FRAUD_SIMULATION, simulateFraud } from '../../fraud-simulator';
import { judgeLoop } from '../../loop-checks';
import type { Case, Findings, Occurrence } from '../../scenario';
import type { RecordedVector, Witness } from '../../witness';
import { faultsBeside } from './faults';

const DAY_MS = 86_400_000;
const { start } = DEFAULT_FRAUD_SIMULATION;

/** Days of the story: nine of history, three quiet ones, then the drift. */
const TRAIN_DAY = 9;
const DRIFT_DAY = 12;
const DAYS = 18;
const LABELS_AFTER_DAYS = 0.5;
const DRIFT_AT = start + DRIFT_DAY * DAY_MS;

/** With fewer, a day has too few payments to judge it. */
export const LEAST_ROWS = 20_000;

/** Payments of a customer in all the days, on average, rounded down so that there are always enough to cut from. */
const PER_CUSTOMER = 35;

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
    loop: { driftAt: DRIFT_AT, stretchMs: DAY_MS / 2, busyPerSecond: 500 },
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
    labelDelayDays: LABELS_AFTER_DAYS,
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
  const { first } = witness.about;
  const { checks, promoted, seconds } = await judgeLoop(witness, {
    driftAt: DRIFT_AT,
    windowMs: DAY_MS,
    within: 1,
    falseAlarms: 0,
  });
  const judged = await newestWithTail(witness, promoted);
  if (!judged) return { checks };
  const { version: newest, tail } = judged;
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
        ok: after > before + 0.05,
        value: `average precision ${after.toFixed(3)}, before ${before.toFixed(3)}`,
        wanted: 'at least 0.05 more on the labelled tail',
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

const LEAST_TAIL = 500;

/** The newest promoted version that has answered long enough, with the vectors since then whose labels are known. */
const newestWithTail = async (
  witness: Witness,
  promoted: readonly number[],
): Promise<{ readonly version: number; readonly tail: readonly RecordedVector[] } | undefined> => {
  const to = witness.about.plan.source.lastTime - LABELS_AFTER_DAYS * DAY_MS;
  const vectors = await witness.vectors();
  const tails = await Promise.all(
    promoted.map(async (version) => {
      const from = await witness.answersSince(version);
      return { version, tail: vectors.filter(({ time }) => time >= from && time < to) };
    }),
  );
  return tails.findLast(({ tail }) => tail.length >= LEAST_TAIL) ?? tails[0];
};
