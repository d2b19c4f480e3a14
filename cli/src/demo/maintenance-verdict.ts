import type { EventOf, PredictionMade } from '#contracts';
import { timestampMs } from '#kernel';
import { CYCLE_MS, type Reading } from './maintenance-simulator';
import { HORIZON } from './maintenance-source';
import type { Check, Table } from './scenario';
import type { WorkOrder } from './workshop-desk';

/** A stretch of event time, [from, to), epoch ms. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Before the world changes, while the old version goes on answering, and from the first answer of another version on. */
export const phasesOf = (
  predictions: readonly Pick<EventOf<typeof PredictionMade>, 'version' | 'event_time'>[],
  first: number,
  driftAt: number | null,
): Phase[] => {
  let began = Infinity;
  let renewed = Infinity;
  for (const { version, event_time } of predictions) {
    const time = timestampMs(event_time);
    began = Math.min(began, time);
    if (version !== first && time >= (driftAt ?? -Infinity)) renewed = Math.min(renewed, time);
  }
  const phases: Phase[] = [
    ...(driftAt === null
      ? [{ name: 'the first version', from: began, to: renewed }]
      : [
          { name: 'before the drift', from: began, to: driftAt },
          { name: 'from the drift to the new champion', from: driftAt, to: renewed },
        ]),
    { name: 'after that', from: renewed, to: Infinity },
  ];
  return phases.filter(({ from }) => from < Infinity);
};

/** An order so many cycles before the failure is one in time. */
const NOTICE = 2;
const IN_TIME = 0.95;
const UNNEEDED = 0.1;

/**
 * Holds orders against what became of the engines. Nobody acts on an order here, so that each engine runs to its failure and each order can be
 * judged: unneeded is one for an engine that lasted longer than anybody plans for. An engine is counted where it failed after it had
 * been watched for that long.
 */
export const judgeOrders = (
  readings: readonly Reading[],
  orders: readonly WorkOrder[],
  phases: readonly Phase[],
): { readonly checks: readonly Check[]; readonly table: Table } => {
  const began = phases[0]?.from ?? Infinity;
  const left = new Map(readings.map(({ engine, time, remaining }) => [`${engine}@${time}`, remaining]));
  const orderOf = new Map(orders.map((order) => [order.engine, order]));
  const failures = readings.filter(
    ({ time, remaining }) => remaining === 0 && time >= began + HORIZON * CYCLE_MS,
  );
  const lines = phases.map(({ name, from, to }) => {
    const failed = failures.filter(({ time }) => time >= from && time < to);
    const placed = orders.filter(({ time }) => time >= from && time < to);
    return {
      name,
      failed: failed.length,
      inTime: failed.filter(({ engine, time }) => {
        const order = orderOf.get(engine);
        return order !== undefined && order.time <= time - NOTICE * CYCLE_MS;
      }).length,
      placed: placed.length,
      unneeded: placed.filter(({ engine, time }) => (left.get(`${engine}@${time}`) ?? 0) > HORIZON).length,
    };
  });
  const total = (pick: (line: (typeof lines)[number]) => number): number =>
    lines.reduce((sum, line) => sum + pick(line), 0);
  const failed = total((line) => line.failed);
  const inTime = total((line) => line.inTime);
  const placed = total((line) => line.placed);
  const unneeded = total((line) => line.unneeded);
  return {
    checks: [
      {
        name: 'engines that failed had their order in time',
        ok: failed > 0 && inTime >= IN_TIME * failed,
        value: `${inTime} of ${failed}`,
        wanted: `${IN_TIME * 100} % or more, ${NOTICE} cycles or more before`,
      },
      {
        name: 'orders that were not needed',
        ok: placed > 0 && unneeded <= UNNEEDED * placed,
        value: `${unneeded} of ${placed}`,
        wanted: `${UNNEEDED * 100} % or less for engines that lasted more than ${HORIZON} cycles longer`,
      },
    ],
    table: {
      title: 'Work orders, written as events by examples/maintenance/work-orders.cjs',
      columns: ['when', 'engines failed', 'ordered in time', 'orders', 'not needed'],
      rows: lines.map((line) => [line.name, line.failed, line.inTime, line.placed, line.unneeded]),
    },
  };
};
