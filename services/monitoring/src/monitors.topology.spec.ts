import {
  AlertRaised,
  TOPICS,
  WindowReported,
  decodeEvent,
  readEnvelope,
  type DeploymentFact,
  type EventOf,
} from '#contracts';
import { whatIfMonitor, type WhatIfMonitorReport } from '#replay';
import { followDeployments } from '#runtime';
import { ReferenceProfiles } from './effects/reference-profiles';
import { decidingWorker, gatesWorker, monitoringFleet, type MonitoringParts } from './monitoring.topology';
import { DAY, MonitoringWorld, paymentsOf, type Row } from './monitoring.testing';

type Report = EventOf<typeof WindowReported>;
type Monitor = NonNullable<DeploymentFact['monitor']>;

jest.setTimeout(60_000);

let worlds: MonitoringWorld[] = [];
const track = (world: MonitoringWorld): MonitoringWorld => {
  worlds.push(world);
  return world;
};
afterEach(async () => {
  const failures = worlds.flatMap((world) => world.failures);
  await Promise.all(worlds.map((world) => world.stop()));
  worlds = [];
  expect(failures).toEqual([]);
});

const begin = (world: MonitoringWorld): Promise<void> =>
  world.start((serviceLog) => {
    const { artifacts, sleep, logger } = world.ports;
    const parts: MonitoringParts = {
      ...world.ports,
      serviceLog,
      control: followDeployments(serviceLog),
      profiles: new ReferenceProfiles({ artifacts, sleep, logger }),
      instance: 'test',
      tickMs: 20,
      transport: world.transport,
    };
    return [decidingWorker(parts), gatesWorker(parts), monitoringFleet(parts)];
  });

const monitorFact = (changes: Partial<Monitor>): Monitor => ({
  name: 'strict',
  revision: '1',
  digest: 'a'.repeat(64),
  ...(changes.window_rows === undefined && { window_ms: DAY }),
  drift: { features: 'auto', threshold: 0.2 },
  metric: null,
  ...changes,
});

/** The newest revision of each window, without which revision it is. */
const reportsOf = async (world: MonitoringWorld): Promise<Omit<Report, 'revision'>[]> => {
  const newest = new Map<string, Report>();
  if ((await world.log.partitionCount(world.topic(TOPICS.reports))) === undefined) return [];
  for (const record of await world.records(TOPICS.reports)) {
    const report = decodeEvent(WindowReported, record.value);
    const key = `${report.number ?? report.window.start}`;
    if (report.revision > (newest.get(key)?.revision ?? 0)) newest.set(key, report);
  }
  return [...newest.values()]
    .sort((a, b) => a.window.start.localeCompare(b.window.start))
    .map(({ revision: _, ...report }) => report);
};

const alertsOf = async (world: MonitoringWorld): Promise<string[]> => [
  ...new Set(
    (await world.records(TOPICS.alerts)).flatMap(({ headers, value }) => {
      const type = readEnvelope(headers).type.slice('monitoring.alert.'.length);
      if (type !== 'raised' && type !== 'resolved') return [];
      const { kind, subject, slice, window } = decodeEvent(AlertRaised, value);
      return `${type} ${kind} ${subject}${slice ? ` ${slice.field}=${slice.value}` : ''} ${window.start.slice(0, 10)}`;
    }),
  ),
];

const REFERENCE = paymentsOf({ seed: 1, days: 1, perDay: 3_000 });

/** From day 3 on amounts are threefold, and answers about terminal 2 are the wrong way round. */
const terminalOf = (row: Row): string => `t${Number(row.id.split('-').at(-1)) % 3}`;
const rowsOf = (days: number, perDay: number): Row[] =>
  paymentsOf({ seed: 2, days, perDay, driftFrom: 3 }).map((row, n) =>
    n >= 3 * perDay && terminalOf(row) === 't2' ? { ...row, score: 1 - row.score } : row,
  );

const whatIf = (world: MonitoringWorld, monitor: Monitor): Promise<WhatIfMonitorReport> => {
  const { log, artifacts, namespace } = world;
  return whatIfMonitor({ log, artifacts, namespace }, { deployment: 'fraud', monitor });
};

it('reports and raises what a monitor asks for, and a back-test over the log gives the same', async () => {
  const monitor = monitorFact({
    drift: {
      features: ['amount'],
      statistic: 'jensen_shannon',
      threshold: 0.1,
      share: 0.5,
      multivariate: 'pca',
    },
    quality: { missing: 0.3, unseen: 0.05, range: 0.05, duplicates: 0.02 },
    metric: 'accuracy',
    estimate: 'cbpe',
    limits: { min: 0.5 },
    detect: ['adwin', 'ddm'],
    slices: ['terminal_id', 'gap'],
    fairness: [{ group: 'terminal_id', metric: 'demographic_parity', max: 0.3 }],
  });
  const world = track(await MonitoringWorld.make(REFERENCE));
  const rows = rowsOf(6, 660);
  await world.deploy({ monitor });
  await world.observe(rows, (row) => ({ terminal_id: terminalOf(row), amount: row.values[0] }));
  await world.predict(rows);
  await world.label(rows);
  await begin(world);
  await world.until('four measured windows', async () => {
    const reports = await reportsOf(world);
    return reports.filter(({ performance }) => performance?.rows === 660).length >= 4 && reports.length >= 5;
  });

  const reports = await reportsOf(world);
  const [first] = reports;
  expect(first!.drift.features.map(({ name, statistic }) => [name, statistic])).toEqual([
    ['amount', 'jensen_shannon'],
  ]);
  const [terminals, gaps] = first!.slices!;
  expect(
    terminals!.values.map(({ value, predictions, rows: labelled }) => [value, predictions, labelled]),
  ).toEqual([
    ['t0', 220, 220],
    ['t1', 220, 220],
    ['t2', 220, 220],
  ]);
  expect(gaps!.values.map(({ value }) => value).sort()).toEqual(['(missing)', '0', '1', '2', '3', '4']);
  expect(first!.estimate).toMatchObject({ method: 'cbpe', rows: 660 });

  const alerts = await alertsOf(world);
  for (const expected of [
    'raised feature-drift amount 2026-03-04',
    'raised dataset-drift data 2026-03-04',
    'raised out-of-range amount 2026-03-04',
    'raised fairness demographic_parity terminal_id=t0, t2 2026-03-04',
    'raised slice-performance accuracy terminal_id=t2 2026-03-04',
  ])
    expect(alerts.map((each) => each.replace(/=t1, t2/, '=t0, t2'))).toContain(expected);
  expect(alerts.filter((each) => each.startsWith('raised concept-drift'))).not.toEqual([]);

  const past = await whatIf(world, monitor);
  expect(past.records).toBe(rows.length);
  expect(past.reports.slice(0, 4).map(({ revision: _, ...report }) => report)).toEqual(reports.slice(0, 4));
  expect(past.recorded.filter(({ found }) => !found)).toEqual([]);
  expect(
    past.alerts.filter(({ recorded, window }) => !recorded && window.end < reports[4]!.window.start),
  ).toEqual([]);
  const mild = await whatIf(world, monitorFact({ drift: { features: ['gap'], threshold: 0.5 } }));
  expect(mild.alerts).toEqual([]);
  expect(mild.recorded.length).toBeGreaterThan(4);
});

it('closes windows by count at the same places after a crash', async () => {
  const monitor = monitorFact({ window_rows: 400, metric: 'accuracy', limits: { min: 0.1 } });
  const world = track(await MonitoringWorld.make(REFERENCE));
  const rows = rowsOf(5, 300);
  await world.deploy({ monitor });
  await world.predict(rows);
  await world.label(rows);
  const crashes: MonitoringWorld[] = [];
  await begin(world);
  for (let i = 0; i < 4; i++) {
    await world.ports.sleep(3 * i);
    crashes.push(track(await world.crashed()));
  }
  const whole = (target: MonitoringWorld): Promise<void> =>
    target.until('measured windows', async () => {
      const reports = await reportsOf(target);
      return (
        reports.length >= 3 &&
        reports.slice(0, 2).every(({ performance, predictions }) => performance?.rows === predictions)
      );
    });
  await whole(world);
  const expected = (await reportsOf(world)).slice(0, 2);
  expect(expected.map(({ number, predictions }) => [number, predictions])).toEqual([
    [0, 400],
    [1, 400],
  ]);
  crashes.push(track(await world.crashed()));
  for (const crash of crashes) {
    await begin(crash);
    await whole(crash);
    expect(
      (await reportsOf(crash)).slice(0, 2).map(({ number, predictions }) => [number, predictions]),
    ).toEqual([
      [0, 400],
      [1, 400],
    ]);
  }
  expect((await reportsOf(crashes.at(-1)!)).slice(0, 2)).toEqual(expected);
  expect(await alertsOf(world)).toContain('raised feature-drift amount 2026-03-03');
});

it('warns when no events come for too long, and says when they come again', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  await world.deploy({ monitor: monitorFact({ quality: { freshness_ms: 3_600_000 } }) });
  const rows = rowsOf(2, 10);
  await world.predict(rows.slice(0, 10));
  await begin(world);
  await world.untilRecords(TOPICS.monitoringInputs, 1);
  world.clock.advance(3_600_000);
  await world.until('silence', async () => (await alertsOf(world)).length === 1);
  await world.predict(rows.slice(10));
  await world.until('new events', async () => (await alertsOf(world)).length === 2);
  const [raised, resolved] = await alertsOf(world);
  expect(raised).toMatch(/^raised freshness data /);
  expect(resolved).toMatch(/^resolved freshness data /);
});
