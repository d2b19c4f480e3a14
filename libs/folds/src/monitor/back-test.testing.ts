import { DeploymentUpdated, type DeploymentFact } from '#contracts';
import {
  calibrate,
  profilePerformance,
  profileReference,
  BinaryPerformance,
  type ReferenceProfile,
} from '#drift';
import { Rng } from '#kernel';
import { MonitorBackTest } from './back-test';
import { isoTime } from './event-window';
import { watchOf } from './watch';

export const DAY = 86_400_000;
export const FEATURES = ['amount', 'gap', 'channel'];

export interface PastRow {
  readonly id: string;
  readonly time: number;
  readonly values: readonly (number | null)[];
  readonly score: number;
  readonly label: boolean;
  readonly entity: string;
  readonly country: string;
}

/** Payments, `perDay` on each day; frauds have higher scores. `change` says what is another from its day on. */
export const rowsOf = (
  seed: number,
  days: number,
  perDay: number,
  change: (row: PastRow, day: number, rng: Rng) => PastRow = (row) => row,
): PastRow[] => {
  const rng = new Rng(seed);
  return Array.from({ length: days * perDay }, (_, n) => {
    const label = rng.uniform() < 0.2;
    const amount = 10 + 90 * rng.uniform();
    const row: PastRow = {
      id: `tx-${seed}-${n}`,
      time: Math.floor((n / perDay) * DAY),
      values: [amount, amount / 2 + 5 * rng.uniform(), rng.below(5)],
      score: label ? 0.35 + 0.65 * rng.uniform() : 0.65 * rng.uniform(),
      label,
      entity: `c-${n}`,
      country: ['de', 'fr', 'it'][rng.below(3)]!,
    };
    return change(row, Math.floor(n / perDay), rng);
  });
};

export const referenceOf = (rows: readonly PastRow[]): ReferenceProfile => {
  const scores = rows.map(({ score }) => score);
  const labels = rows.map(({ label }) => (label ? 1 : 0));
  const performance = profilePerformance(rows.length, (chunk) => {
    const counts = new BinaryPerformance(0.5);
    for (const row of chunk) counts.observe(scores[row]!, labels[row] === 1);
    return { ...counts.report().metrics };
  });
  return profileReference(
    FEATURES.map((name, i) => ({
      name,
      values: rows.map(({ values }) => values[i]!),
      importance: [0.6, 0.3, 0.1][i]!,
    })),
    scores,
    { calibration: calibrate(Float64Array.from(scores), Float64Array.from(labels)), performance },
  );
};

type Monitor = NonNullable<DeploymentFact['monitor']>;

export const monitorFact = (changes: Partial<Monitor>): Monitor => ({
  name: 'm',
  revision: '1',
  digest: 'a'.repeat(64),
  ...(changes.window_rows === undefined && { window_ms: DAY }),
  drift: { features: 'auto', threshold: 0.2 },
  metric: null,
  ...changes,
});

/** Runs a monitor over rows, each labelled a day later. */
export const backTest = (
  rows: readonly PastRow[],
  reference: ReferenceProfile | undefined,
  changes: Partial<Monitor>,
  { partitions = 2, restartEvery = Infinity }: { partitions?: number; restartEvery?: number } = {},
): MonitorBackTest => {
  const deployment: DeploymentFact = {
    ...DeploymentUpdated.sample,
    service: { ...DeploymentUpdated.sample.service, partitions, features: FEATURES },
    routes: [{ ...DeploymentUpdated.sample.routes[0]!, version: 1, features: FEATURES }],
    label: { ...DeploymentUpdated.sample.label, maturity_ms: DAY },
    monitor: monitorFact(changes),
  };
  const watch = watchOf(deployment, 1)!;
  const test = new MonitorBackTest({
    deployment: 'fraud',
    model: 'fraud',
    task: 'binary',
    partitions,
  });
  const labels = [...rows];
  const known = (until: number): void => {
    while (labels.length > 0 && labels[0]!.time + DAY <= until) {
      const { id, time, label } = labels.shift()!;
      test.label(id, {
        value: label ? 1 : 0,
        knownAt: time + DAY,
        partition: 0,
        offset: rows.length - labels.length,
      });
    }
  };
  rows.forEach(({ id, time, values, score, entity, country }, n) => {
    known(time);
    const decision = score >= 0.5;
    const prediction = {
      eventId: id,
      eventTime: isoTime(time),
      time,
      version: 1,
      route: 'champion',
      score,
      decision,
    };
    const value = {
      event_id: id,
      entity: { customer_id: entity },
      event_time: isoTime(time),
      model: 'fraud',
    };
    const past = {
      partition: n % partitions,
      offset: n,
      prediction,
      value: Buffer.from(JSON.stringify(value)),
      values,
      observation: Buffer.from(JSON.stringify({ transaction_id: id, country })),
    };
    test.predict(past, watch, reference);
    if (n % restartEvery === restartEvery - 1) test.restart();
  });
  known(Infinity);
  test.tick();
  return test;
};
