import * as fc from 'fast-check';
import { WindowProfile, compareColumn, profileReference } from '#drift';
import {
  DeploymentUpdated,
  type PartitionAdvanced,
  WindowProfiled,
  WindowReported,
  checkEvent,
  type DeploymentFact,
  type EventOf,
} from '#contracts';
import { watchOf } from '../watch';
import { isoTime, windowAt } from '../event-window';
import type { ScoredRow } from '../parts/profile-part';
import { ProfileState } from '../parts/profile-state';
import { MonitorState } from './monitor-state';
import type { Report } from './report';

const HOUR = 3_600_000;
const values = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (seed * 7_919 + i * 104_729) % 1_000);
const REFERENCE = profileReference(
  [{ name: 'amount', values: values(1, 500) }],
  values(2, 500).map((value) => value / 1_000),
);
const DEPLOYMENT: DeploymentFact = {
  ...DeploymentUpdated.sample,
  monitor: {
    name: 'm',
    revision: '1',
    digest: 'a'.repeat(64),
    window_ms: HOUR,
    drift: { features: 'auto', threshold: 0.2 },
    metric: null,
  },
  routes: [{ ...DeploymentUpdated.sample.routes[0]!, version: 1, features: ['amount'] }],
};
const WATCH = watchOf(DEPLOYMENT, 1)!;

const PARTITIONS = 3;
const row = fc.record({
  partition: fc.integer({ min: 0, max: PARTITIONS - 1 }),
  time: fc.integer({ min: 0, max: 12 * HOUR }),
  score: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 10 }),
  value: fc.option(fc.integer({ min: -100, max: 1_200 }), { freq: 5 }),
  decision: fc.option(fc.boolean(), { nil: undefined }),
  restart: fc.boolean(),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

type Fact =
  | { readonly part: EventOf<typeof WindowProfiled> }
  | { readonly advanced: EventOf<typeof PartitionAdvanced> };

const END: readonly Row[] = [14, 16].flatMap((hour) =>
  Array.from({ length: PARTITIONS }, (_, partition): Row => ({
    partition,
    time: hour * HOUR,
    score: 0.5,
    value: 1,
    decision: undefined,
    restart: false,
  })),
);

/** What the partitions give, each in its order. */
const factsOf = (rows: readonly Row[]): Fact[][] => {
  const states = Array.from({ length: PARTITIONS }, () => ProfileState.empty());
  const facts: Fact[][] = Array.from({ length: PARTITIONS }, () => []);
  rows.forEach(({ partition, time, score, value, decision, restart }, offset) => {
    const scored: ScoredRow = { offset, time, score, decision, route: 'champion', values: [value] };
    const { passed } = states[partition]!.fold(scored, WATCH, REFERENCE, partition);
    if (restart) states[partition] = ProfileState.decode(states[partition]!.encode());
    if (!passed) return;
    for (const part of passed.parts)
      facts[partition]!.push({
        part: checkEvent(WindowProfiled, part.toFact('serving.predictions.fraud', partition)),
      });
    facts[partition]!.push({
      advanced: { deployment: 'fraud', part: 'profiled', partition, through: isoTime(passed.through) },
    });
  });
  return facts;
};

/** Folds the facts of the partitions, interleaved by `turns`; gives the newest report of each window. */
const reportsOf = (facts: readonly (readonly Fact[])[], turns: readonly number[]): Map<string, Report> => {
  const queues = facts.map((list) => [...list]);
  const reports = new Map<string, Report>();
  let state = new MonitorState();
  for (let turn = 0; queues.some((queue) => queue.length > 0); turn++) {
    const ready = queues.filter((queue) => queue.length > 0);
    const fact = ready[(turns[turn % turns.length] ?? 0) % ready.length]!.shift()!;
    if ('part' in fact) state.addProfile(fact.part, REFERENCE);
    else {
      for (const { report } of state.advance(fact.advanced, () => REFERENCE)) {
        if (!report) continue;
        expect(report.revision).toBe((reports.get(report.window.start)?.revision ?? 0) + 1);
        reports.set(report.window.start, checkEvent(WindowReported, report));
      }
    }
    if (turn % 7 === 3) state = MonitorState.decode(state.encode());
  }
  return reports;
};

const figures = (rows: readonly Row[]): unknown => {
  const psi = (column: typeof REFERENCE.score, of: (number | null)[]): unknown =>
    compareColumn(column, WindowProfile.of(column.bins, of)).psi;
  const decided = rows.filter(({ decision }) => decision !== undefined);
  const positive = decided.filter(({ decision }) => decision).length;
  return {
    predictions: rows.length,
    decisions: { positive, negative: decided.length - positive },
    amount: psi(
      REFERENCE.features[0]!,
      rows.map(({ value }) => value),
    ),
    score: psi(
      REFERENCE.score,
      rows.map(({ score }) => score),
    ),
  };
};

it('reports each window as one count of all its rows, however they were spread, late, restarted and interleaved', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 80 }),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }),
      (random, turns) => {
        const rows = [...random, ...END];
        const reports = reportsOf(factsOf(rows), turns);
        const windows = new Map<string, Row[]>();
        for (const each of rows) {
          const start = isoTime(windowAt(each.time, HOUR).start);
          windows.set(start, [...(windows.get(start) ?? []), each]);
        }
        // The last window has not ended in any partition.
        windows.delete(isoTime(16 * HOUR));
        const found = [...reports].map(([start, { predictions, decisions, drift, score }]) => [
          start,
          { predictions, decisions, amount: drift.features[0]!.psi, score: score!.psi },
        ]);
        const expected = [...windows].map(([start, each]) => [start, figures(each)]);
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      },
    ),
    { numRuns: 200 },
  );
});

it('gives the same after a restart as without one, so that what is given again is the same', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 80 }), (rows) => {
      expect(factsOf(rows)).toEqual(factsOf(rows.map((each) => ({ ...each, restart: false }))));
    }),
    { numRuns: 200 },
  );
});
