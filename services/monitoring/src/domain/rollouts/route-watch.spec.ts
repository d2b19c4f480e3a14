import {
  DeploymentUpdated,
  RouteLabelled,
  RouteMeasured,
  type DeploymentFact,
  type EventOf,
} from '#contracts';
import { BinaryPerformance } from '#drift';
import type { Rollout } from './judge';
import { RouteWatch, type Verdict } from './route-watch';

const SINCE = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

type Limit = Rollout['abort'][number];

const ERRORS: Limit = { metric: 'error_rate', above: 0.01, rows: 100 };

const inRollout = (abort: Limit[] = [ERRORS], changes: Partial<Rollout> = {}): DeploymentFact => ({
  ...DeploymentUpdated.sample,
  rollout: {
    strategy: 'canary',
    version: 2,
    baseline: 1,
    began: '0-8',
    step: 0,
    steps: [5, 100],
    interval_ms: 10 * MINUTE,
    since: iso(SINCE),
    abort,
    ...changes,
  },
});

let reports = 0;
/** What serving says of a version at a minute after the beginning, of the minute before. */
const report = (
  version: number,
  changes: Partial<EventOf<typeof RouteMeasured>> = {},
): EventOf<typeof RouteMeasured> => ({
  ...RouteMeasured.sample,
  reference: `serving.status:0-${reports++}`,
  route: version === 1 ? 'champion' : 'canary',
  version,
  predictions: 200,
  errors: 0,
  decided: 200,
  positives: 10,
  scored: 200,
  score_sum: 20,
  latency_ms: { bounds: [1, 10, 100], counts: [0, 190, 10, 0] },
  ...changes,
});

/** Tells one report for each minute; gives what was said of it. */
const watchFor = (
  watch: RouteWatch,
  fact: DeploymentFact,
  from: number,
  to: number,
  of: (minute: number) => EventOf<typeof RouteMeasured>,
): [number, Verdict][] => {
  const said: [number, Verdict][] = [];
  for (let minute = from; minute <= to; minute++) {
    const at = SINCE + minute * MINUTE;
    const told = { ...of(minute), from: iso(at - MINUTE), to: iso(at) };
    for (const verdict of watch.onReport(told, at, fact)) said.push([minute, verdict]);
  }
  return said;
};

const factOf = (said: readonly [number, Verdict][], index = 0) => {
  const verdict = said[index]?.[1];
  if (verdict?.type !== 'judged') throw new Error('nothing was judged');
  return verdict.fact;
};
const summary = (said: readonly [number, Verdict][]): string[] =>
  said.map(
    ([minute, verdict]) => `${minute} ${verdict.type === 'judged' ? verdict.fact.verdict : 'measured'}`,
  );

it('says fine once, when the reports say that the interval is over', () => {
  const said = watchFor(new RouteWatch(), inRollout(), 1, 12, () => report(2));
  expect(summary(said)).toEqual(['10 fine']);
  expect(factOf(said)).toMatchObject({
    deployment: 'fraud',
    version: 2,
    baseline: 1,
    began: '0-8',
    step: 0,
    since: iso(SINCE),
    measured: [{ metric: 'error_rate', value: 0, above: 0.01, rows: 2_000, verdict: 'fine' }],
    message: 'version 2 kept its limits: error_rate 0 of 2000 rows',
    sources: ['serving.status:0-9'],
  });
});

it('says worse at once, and once', () => {
  const said = watchFor(new RouteWatch(), inRollout(), 1, 12, (minute) =>
    report(2, { errors: minute > 3 ? 50 : 0 }),
  );
  expect(summary(said)).toEqual(['4 worse']);
  expect(factOf(said).message).toBe('error_rate of version 2 is 0.0625, the limit is 0.01');
});

it('says undecided with too few rows, and goes on counting', () => {
  const said = watchFor(new RouteWatch(), inRollout(), 1, 30, () => report(2, { predictions: 6 }));
  expect(summary(said)).toEqual(['10 undecided', '20 fine', '30 fine']);
  expect(factOf(said).message).toBe('60 of 100 rows for error_rate of version 2: its step goes on');
});

it('hears of the time from the version before, too', () => {
  expect(summary(watchFor(new RouteWatch(), inRollout(), 1, 10, () => report(1)))).toEqual(['10 undecided']);
});

it('counts each step for itself', () => {
  const watch = new RouteWatch();
  watchFor(watch, inRollout(), 1, 10, () => report(2));
  const next = inRollout([ERRORS], { step: 1, since: iso(SINCE + 10 * MINUTE) });
  const said = watchFor(watch, next, 11, 20, (minute) => report(2, { errors: minute === 11 ? 3 : 0 }));
  expect(summary(said)).toEqual(['11 worse']);
});

it('does not count what an earlier try of the version answered before the rollout began', () => {
  const watch = new RouteWatch();
  const across = { ...report(2, { errors: 200 }), from: iso(SINCE - 5_000), to: iso(SINCE + 5_000) };
  expect(watch.onReport(across, SINCE + 5_000, inRollout())).toEqual([]);
  expect(summary(watchFor(watch, inRollout(), 1, 10, () => report(2)))).toEqual(['10 fine']);
});

it('passes over what a shadow answered', () => {
  const said = watchFor(new RouteWatch(), inRollout(), 1, 10, () =>
    report(2, { route: 'shadow', errors: 200 }),
  );
  expect(summary(said)).toEqual(['10 undecided']);
});

it('says nothing of a rollout that is held but that it is worse', () => {
  const held = inRollout([ERRORS], { paused: true });
  expect(watchFor(new RouteWatch(), held, 1, 30, () => report(2))).toEqual([]);
  expect(summary(watchFor(new RouteWatch(), held, 1, 3, () => report(2, { errors: 9 })))).toEqual([
    '1 worse',
  ]);
});

it.each<[string, Limit, Partial<EventOf<typeof RouteMeasured>>, string]>([
  [
    'latency',
    { metric: 'latency_p99_ms', above: 50, rows: 100 },
    {},
    'latency_p99_ms of version 2 is 100, the limit is 50',
  ],
  [
    'the share of positive decisions',
    { metric: 'positive_rate', below: 0.06, rows: 100 },
    {},
    'positive_rate of version 2 is 0.05, the limit is 0.06',
  ],
  [
    'the mean score against the version before',
    { metric: 'mean_score', above: 0.05, against: 'champion', rows: 100 },
    { score_sum: 40 },
    'mean_score of version 2 is 0.2, of version 1 0.1: the difference may be 0.05',
  ],
])('knows %s', (_, limit, changes, message) => {
  const said = watchFor(new RouteWatch(), inRollout([limit]), 1, 4, (minute) =>
    minute % 2 === 1 ? report(1) : report(2, changes),
  );
  expect(summary(said)).toEqual(['2 worse']);
  expect(factOf(said).message).toBe(message);
});

it('measures by what the version before did lately where it answers nobody any more', () => {
  const watch = new RouteWatch();
  watchFor(watch, DeploymentUpdated.sample, -30, 0, () => report(1));
  const limit: Limit = { metric: 'positive_rate', above: 0.1, against: 'champion', rows: 100 };
  const said = watchFor(watch, inRollout([limit], { strategy: 'blue-green', steps: [100] }), 1, 10, () =>
    report(2, { route: 'champion', positives: 60 }),
  );
  expect(summary(said)).toEqual(['1 worse']);
  expect(factOf(said).measured).toEqual([
    { metric: 'positive_rate', value: 0.3, baseline: 0.05, above: 0.1, rows: 200, verdict: 'worse' },
  ]);
});

const labels = (
  route: string,
  version: number,
  right: number,
  wrong: number,
  trial = '0-8',
): EventOf<typeof RouteLabelled> => {
  const counts = new BinaryPerformance(0.5);
  for (let i = 0; i < right; i++) counts.observe(0.9, true);
  for (let i = 0; i < wrong; i++) counts.observe(0.9, false);
  return { ...RouteLabelled.sample, trial, route, version, counts: counts.toJSON() as never };
};

describe('labels', () => {
  const ACCURACY: Limit = { metric: 'accuracy', below: 0.8, rows: 100 };

  it('take a version back as soon as enough have come, by themselves', () => {
    const watch = new RouteWatch();
    watchFor(watch, inRollout([ACCURACY]), 1, 3, () => report(2));
    expect(
      watch.onLabels(labels('canary', 2, 30, 30), 'monitoring.inputs:0-7', inRollout([ACCURACY])),
    ).toEqual([]);
    const [said] = watch.onLabels(
      labels('canary', 2, 30, 30),
      'monitoring.inputs:0-9',
      inRollout([ACCURACY]),
    );
    expect(said).toMatchObject({
      fact: { verdict: 'worse', message: 'accuracy of version 2 is 0.5, the limit is 0.8' },
    });
    expect(said!.fact.sources).toContain('monitoring.inputs:0-9');
  });

  it('of another rollout do not count', () => {
    const watch = new RouteWatch();
    expect(watch.onLabels(labels('canary', 2, 0, 200, '0-3'), 'x', inRollout([ACCURACY]))).toEqual([]);
  });
});

describe('a bandit', () => {
  const arms = DeploymentUpdated.sample.routes[0]!;
  const inBandit = (since: number, reward: 'label' | 'accuracy' = 'accuracy'): DeploymentFact => ({
    ...DeploymentUpdated.sample,
    salt: 'fraud/1',
    routes: [
      { ...arms, version: 1, share: 50 },
      { ...arms, route: 'challenger', version: 2, share: 50 },
    ],
    bandit: { interval_ms: 10 * MINUTE, reward, explore: 5, since: iso(since) },
  });

  it('is measured each interval, when labels have come', () => {
    const watch = new RouteWatch();
    const first = inBandit(SINCE);
    watch.onLabels(labels('champion', 1, 30, 10, 'fraud/1'), 'monitoring.inputs:0-5', first);
    watch.onLabels(labels('challenger', 2, 20, 5, 'fraud/1'), 'monitoring.inputs:0-6', first);
    const said = watchFor(watch, first, 1, 12, () => report(1));
    expect(summary(said)).toEqual(['10 measured']);
    expect(said[0]![1].fact).toEqual({
      deployment: 'fraud',
      since: iso(SINCE),
      arms: [
        { route: 'champion', version: 1, trials: 40, successes: 30 },
        { route: 'challenger', version: 2, trials: 25, successes: 20 },
      ],
      sources: ['monitoring.inputs:0-6'],
    });
    const next = inBandit(SINCE + 12 * MINUTE);
    expect(watchFor(watch, next, 13, 30, () => report(1))).toEqual([]);
    watch.onLabels(labels('champion', 1, 1, 0, 'fraud/1'), 'monitoring.inputs:0-7', next);
    expect(summary(watchFor(watch, next, 31, 33, () => report(1)))).toEqual(['31 measured']);
  });

  it('may earn labels that are true', () => {
    const watch = new RouteWatch();
    const missed = new BinaryPerformance(0.5);
    missed.observe(0.1, true);
    missed.observe(0.1, false);
    const counts = missed.toJSON() as never;
    watch.onLabels({ ...labels('champion', 1, 0, 0, 'fraud/1'), counts }, 'x', inBandit(SINCE, 'label'));
    const [[, said]] = watchFor(watch, inBandit(SINCE, 'label'), 10, 10, () => report(1)) as [
      [number, Verdict],
    ];
    expect(said.fact).toMatchObject({
      arms: [
        { trials: 2, successes: 1 },
        { trials: 0, successes: 0 },
      ],
    });
  });
});

it('goes on after a restart as if there had been none', () => {
  const story = (restarts: boolean): string[] => {
    let watch = new RouteWatch();
    const limit: Limit = { metric: 'mean_score', above: 0.05, against: 'champion', rows: 500 };
    const said: string[] = [];
    for (let minute = -5; minute <= 25; minute++) {
      if (restarts) watch = RouteWatch.fromJSON(JSON.parse(JSON.stringify(watch)) as never);
      const fact = minute <= 0 ? DeploymentUpdated.sample : inRollout([limit, ERRORS]);
      said.push(
        ...summary(
          watchFor(watch, fact, minute, minute, () =>
            minute % 2 === 0
              ? report(1)
              : report(2, { predictions: 40, scored: 40, score_sum: minute > 15 ? 40 : 4 }),
          ),
        ),
      );
    }
    return said;
  };
  expect(story(true)).toEqual(story(false));
  expect(story(false).length).toBeGreaterThan(1);
});
