import { WindowReported } from '#contracts';
import { decideAlerts, type AlertFact, type Watching } from './alerts';
import type { Report } from './report';

const [AMOUNT] = WindowReported.sample.drift.features as [Report['drift']['features'][number]];

const day = (n: number): Report['window'] => ({
  start: `2018-05-0${n}T00:00:00.000Z`,
  end: `2018-05-0${n + 1}T00:00:00.000Z`,
});

/** A report in which nothing but `amount` is judged. */
const report = (n: number, amount: Partial<typeof AMOUNT>, changes: Partial<Report> = {}): Report => ({
  ...WindowReported.sample,
  window: day(n),
  drift: { ...WindowReported.sample.drift, features: [{ ...AMOUNT, ...amount }] },
  score: null,
  performance: null,
  ...changes,
});
const over = { psi: 0.3, value: 0.3, drifted: true };
const within = { psi: 0.01, value: 0.01, drifted: false };

const told = (...reports: Report[]): string[] => {
  const watching = new Map<string, Watching>();
  return reports
    .flatMap((each) => decideAlerts(watching, each))
    .map(
      ({ type, fact }: AlertFact) =>
        `${type} ${fact.alert} by ${fact.window.start.slice(8, 10)}: ${fact.message}`,
    );
};

const RAISED =
  'raised fraud/feature-drift/amount@2018-05-02T00:00:00.000Z by 02: amount has drifted: PSI 0.3, the limit is 0.2';

it('rises once, stays while the drift stays, and ends with the first window without', () => {
  expect(
    told(report(1, within), report(2, over), report(3, over), report(4, within), report(5, within)),
  ).toEqual([
    RAISED,
    'resolved fraud/feature-drift/amount@2018-05-02T00:00:00.000Z by 04: amount is as in the reference again: PSI 0.01, the limit is 0.2',
  ]);
});

it('is about a version: drift that goes on under the next one is another alert, once', () => {
  const of = (version: number): Partial<Report> => ({ version });
  expect(
    told(
      report(2, over, of(3)),
      report(2, over, of(4)),
      report(2, over, of(3)),
      report(3, over, of(4)),
      report(4, over, of(3)),
    ).map((line) => line.replace(/ by .*/, '')),
  ).toEqual([
    'raised fraud/feature-drift/amount@2018-05-02T00:00:00.000Z',
    'resolved fraud/feature-drift/amount@2018-05-02T00:00:00.000Z',
    'raised fraud/feature-drift/amount@2018-05-02T00:00:00.000Z/4',
    'resolved fraud/feature-drift/amount@2018-05-02T00:00:00.000Z/4',
    'raised fraud/feature-drift/amount@2018-05-04T00:00:00.000Z',
  ]);
});

it('is not changed by what comes late for earlier windows', () => {
  expect(told(report(2, over), report(1, within))).toEqual([RAISED]);
  expect(told(report(2, within), report(1, over))).toEqual([]);
});

it('ends with a correction of the window that raised it', () => {
  expect(told(report(2, over), report(2, within))).toHaveLength(2);
});

it('is not about a version that was only tried: neither raised by it nor ended', () => {
  const tried = { version: 4, routes: { canary: 500 } };
  expect(told(report(2, over, tried))).toEqual([]);
  expect(told(report(2, over), report(2, within, tried))).toEqual([RAISED]);
});

it('neither rises nor ends by a window with too few rows', () => {
  expect(told(report(2, over), report(3, { psi: 0.001, drifted: null }))).toEqual([RAISED]);
});

it('rises where values are missing that are there in the reference', () => {
  const gone = { psi: null, drifted: null, missing: 0.5, missing_reference: 0.02 };
  expect(told(report(2, gone), report(3, { ...within, missing: 0.03, missing_reference: 0.02 }))).toEqual([
    'raised fraud/missing-values/amount@2018-05-02T00:00:00.000Z by 02: amount is missing: 50 % of the rows have none, in the reference 2 %',
    'resolved fraud/missing-values/amount@2018-05-02T00:00:00.000Z by 03: amount is there again: 3 % of the rows have none, in the reference 2 %',
  ]);
});

it('holds the score and realised metrics against their limits', () => {
  const performance = {
    ...WindowReported.sample.performance!,
    gates: [{ metric: 'average_precision', min: 0.7, value: 0.61, passed: false }],
  };
  const score = { ...WindowReported.sample.score!, ...over };
  expect(told(report(2, within, { score, performance }))).toEqual([
    'raised fraud/score-drift/score@2018-05-02T00:00:00.000Z by 02: the score has drifted: PSI 0.3, the limit is 0.2',
    'raised fraud/performance/average_precision@2018-05-02T00:00:00.000Z by 02: average_precision of version 3 does not keep its gate any more: 0.61, the gate is 0.7',
  ]);
  expect(told(report(2, within, { performance: { ...performance, rows: 20 } }))).toEqual([]);
});
