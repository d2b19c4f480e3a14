import { followDeployments } from '#runtime';
import {
  AlertRaised,
  ModelVersionRegistered,
  TOPICS,
  WindowReported,
  decodeEvent,
  readEnvelope,
  type DeploymentFact,
  type EventOf,
} from '#contracts';
import { BinaryPerformance, WindowProfile, compareColumn } from '#drift';
import { MIN_ROWS } from '#folds';
import { ReferenceProfiles } from './effects/reference-profiles';
import { decidingWorker, gatesWorker, monitoringFleet, type MonitoringParts } from './monitoring.topology';
import { DAY, MonitoringWorld, START, paymentsOf, type Row } from './monitoring.testing';

type Report = EventOf<typeof WindowReported>;

jest.setTimeout(30_000);

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

const begin = async (world: MonitoringWorld): Promise<void> => {
  await world.start((serviceLog) => {
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
};

const history = (seed: number, days: number, perDay: number, driftFrom?: number): Row[] =>
  paymentsOf({ seed, days, perDay, driftFrom });

const REFERENCE = history(1, 1, 3_000);

/** The newest revision of each window, as a reader sees it. */
const newestReports = async (world: MonitoringWorld): Promise<Report[]> => {
  const newest = new Map<string, Report>();
  for (const record of await world.records(TOPICS.reports)) {
    const report = decodeEvent(WindowReported, record.value);
    const key = `${report.window.start}/${report.version}/${report.threshold}`;
    if (report.revision > (newest.get(key)?.revision ?? 0)) newest.set(key, report);
  }
  return [...newest.values()].sort(
    (a, b) => a.window.start.localeCompare(b.window.start) || a.version - b.version,
  );
};

/** The slow, obvious way: all rows of a window at once. */
const oracle = (world: MonitoringWorld, rows: readonly Row[], measured: boolean): unknown => {
  const { features, score } = world.reference;
  const psi = (values: readonly (number | null)[], column: typeof score): number | null =>
    compareColumn(column, WindowProfile.of(column.bins, values)).psi;
  const performance = new BinaryPerformance(0.5);
  for (const row of rows) if (row.label !== undefined) performance.observe(row.score, row.label);
  return {
    predictions: rows.length,
    positive: rows.filter((row) => row.score >= 0.5).length,
    features: features.map((feature, i) =>
      psi(
        rows.map(({ values }) => values[i]!),
        feature,
      ),
    ),
    score: psi(
      rows.map((row) => row.score),
      score,
    ),
    metrics: measured ? performance.report().metrics : null,
  };
};

const figuresOf = (report: Report): unknown => ({
  predictions: report.predictions,
  positive: report.decisions.positive,
  features: report.drift.features.map(({ psi }) => psi),
  score: report.score?.psi,
  metrics: report.performance?.metrics ?? null,
});

const windowsOf = (rows: readonly Row[]): Row[][] => {
  const days = new Map<number, Row[]>();
  for (const row of rows) {
    const day = Math.floor(row.time / DAY);
    days.set(day, [...(days.get(day) ?? []), row]);
  }
  return [...days].sort(([a], [b]) => a - b).map(([, day]) => day);
};

const untilMeasured = (world: MonitoringWorld, windows: number): Promise<void> =>
  world.until(`${windows} measured windows`, async () => {
    if ((await world.log.partitionCount(world.topic(TOPICS.reports))) === undefined) return false;
    return (await measuredReports(world)).length >= windows;
  });

/** Every measured window has all its rows. */
const areWhole = async (world: MonitoringWorld, rows: number): Promise<boolean> =>
  (await measuredReports(world)).every(
    ({ predictions, performance }) => predictions === rows && performance?.rows === rows,
  );

const measuredReports = async (world: MonitoringWorld): Promise<Report[]> =>
  (await newestReports(world)).filter(({ performance }) => performance !== null);

const alertsOf = async (world: MonitoringWorld): Promise<string[]> =>
  (await world.records(TOPICS.alerts)).map((record) => {
    const alert = decodeEvent(AlertRaised, record.value);
    return `${readEnvelope(record.headers).type.slice('monitoring.alert.'.length)} ${alert.kind} ${alert.subject} ${alert.window.start.slice(0, 10)}`;
  });

it('reports each window as if all its rows had come at once, with realised metrics once labels are mature', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  const rows = history(2, 6, 300);
  await world.deploy();
  await world.predict(rows, { again: true });
  await world.label(rows);
  await begin(world);
  // Six days of rows pass five windows, and a day later is the last but one of them mature.
  await untilMeasured(world, 4);
  await world.until('whole windows', () => areWhole(world, 300));

  const reports = await newestReports(world);
  const windows = windowsOf(rows).slice(0, 5);
  expect(reports.map(figuresOf)).toEqual(windows.map((day, i) => oracle(world, day, i < 4)));
  expect(reports[2]).toMatchObject({
    deployment: 'fraud',
    version: 1,
    threshold: 0.5,
    window: { start: '2026-03-03T00:00:00.000Z', end: '2026-03-04T00:00:00.000Z' },
    routes: { champion: 300 },
    // Offsets of the predictions of that day, each of which stands there twice.
    sources: [
      { topic: 'serving.predictions.fraud', partition: 0, from: 600, to: 899 },
      { topic: 'serving.predictions.fraud', partition: 1, from: 600, to: 899 },
    ],
  });
  expect(await alertsOf(world)).toEqual([]);
});

it('raises an alert with values and offsets when a feature drifts, and resolves it', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  const drifted = history(3, 4, 300, 2);
  const after = history(4, 6, 300).filter(({ time }) => time >= START + 4 * DAY);
  await world.deploy();
  await begin(world);
  await world.predict([...drifted, ...after]);
  await world.until('reports', async () => (await newestReports(world)).length === 5);

  expect(await alertsOf(world)).toEqual([
    'raised feature-drift amount 2026-03-03',
    'resolved feature-drift amount 2026-03-05',
  ]);
  const [raised] = (await world.records(TOPICS.alerts)).map(({ value }) => decodeEvent(AlertRaised, value));
  expect(raised).toMatchObject({
    alert: 'fraud/feature-drift/amount@2026-03-03T00:00:00.000Z',
    version: 1,
    limit: 0.2,
    rows: 300,
    report: 1,
  });
  expect(raised!.value).toBeGreaterThan(0.2);
  expect(raised!.sources.map(({ from, to }) => [from, to])).toEqual([
    [300, 450],
    [300, 450],
  ]);
});

it('holds realised performance against the gates of the version', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  const gates = [{ metric: 'average_precision', min: 0.99, value: 0.995, passed: true }];
  await world.fact(
    TOPICS.models,
    ModelVersionRegistered,
    { ...ModelVersionRegistered.sample, version: 1, gates },
    { id: '0-5' },
  );
  const rows = history(5, 4, MIN_ROWS + 10);
  await world.deploy();
  await begin(world);
  await world.untilRecords(TOPICS.monitoringInputs, 1);
  await world.predict(rows);
  await world.label(rows);
  await world.until('alert', async () => (await alertsOf(world)).length > 0);

  expect((await alertsOf(world))[0]).toBe('raised performance average_precision 2026-03-01');
  const [report] = (await newestReports(world)).filter(({ performance }) => performance);
  const value = report!.performance!.metrics['average_precision'];
  expect(report!.performance!.gates).toEqual([{ ...gates[0], value, passed: false }]);
});

it('counts each prediction by the version that made it and the monitor that held', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  const rows = history(6, 3, 300);
  const [route] = (await deployed(world)).routes;
  await world.predict(rows.slice(0, 150));
  const monitor = {
    name: 'fraud',
    revision: '1',
    digest: 'a'.repeat(64),
    window_ms: DAY / 2,
    drift: { features: 'auto' as const, threshold: 0.3 },
    metric: null,
  };
  await world.deploy({ routes: [{ ...route!, version: 2 }], threshold: 0.6, monitor });
  await world.predict(
    rows.slice(150).map((row) => ({ ...row, version: 2 })),
    { threshold: 0.6 },
  );
  await begin(world);
  await world.until('reports', async () => (await newestReports(world)).length === 5);

  const reports = await newestReports(world);
  expect(
    reports.map(({ version, threshold, window, predictions, drift }) => [
      version,
      threshold,
      window.start.slice(5, 13),
      predictions,
      drift.threshold,
    ]),
  ).toEqual([
    [1, 0.5, '03-01T00', 150, 0.2],
    [2, 0.6, '03-01T12', 150, 0.3],
    [2, 0.6, '03-02T00', 150, 0.3],
    [2, 0.6, '03-02T12', 150, 0.3],
    [2, 0.6, '03-03T00', 150, 0.3],
  ]);
});

it('takes a corrected label back, and tells late rows in a further revision', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  const rows = history(7, 4, 300);
  const late: Row = { ...rows[10]!, id: 'late' };
  await world.deploy();
  await begin(world);
  await world.predict(rows.slice(0, 900));
  await world.label(rows.slice(0, 900));
  await untilMeasured(world, 1);
  await world.predict([late, ...rows.slice(900)]);
  const corrected = { ...rows[20]!, label: !rows[20]!.label, knownAt: START + 3 * DAY };
  await world.label([late, corrected]);
  await world.until('correction', async () => {
    const [first] = await newestReports(world);
    return first!.predictions === 301 && first!.performance?.rows === 301 && first!.revision > 1;
  });

  const day = [...windowsOf(rows)[0]!.map((row) => (row.id === corrected.id ? corrected : row)), late];
  await world.until(
    'whole first window',
    async () =>
      JSON.stringify(figuresOf((await newestReports(world))[0]!)) ===
      JSON.stringify(oracle(world, day, true)),
  );
});

it('goes on after a crash at any moment with nothing lost and nothing counted twice', async () => {
  const rows = history(8, 5, 250, 3);
  const world = track(await MonitoringWorld.make(REFERENCE));
  await world.deploy();
  await world.predict(rows);
  await world.label(rows);
  await begin(world);
  const crashes: MonitoringWorld[] = [];
  for (let i = 0; i < 6; i++) {
    await world.ports.sleep(i);
    crashes.push(track(await world.crashed()));
  }
  const whole = async (target: MonitoringWorld): Promise<void> => {
    await untilMeasured(target, 3);
    await target.until('whole windows', () => areWhole(target, 250));
  };
  await whole(world);
  crashes.push(track(await world.crashed()));
  const expected = windowsOf(rows)
    .slice(0, 3)
    .map((day) => oracle(world, day, true));
  expect((await measuredReports(world)).map(figuresOf)).toEqual(expected);
  for (const crash of crashes) {
    await begin(crash);
    await whole(crash);
    expect((await measuredReports(crash)).map(figuresOf)).toEqual(expected);
    expect(await alertsOf(crash)).toContain('raised feature-drift amount 2026-03-04');
  }
  // All that was folded again was put on the wire again, and dropped.
  await crashes
    .at(-1)!
    .until(
      'repeats',
      async () =>
        (await crashes.at(-1)!.records(TOPICS.monitoringInputs)).length >
        (await world.records(TOPICS.monitoringInputs)).length,
    );
});

it('goes on from its snapshots after a stop in peace', async () => {
  const rows = history(9, 4, 300);
  const world = track(await MonitoringWorld.make(REFERENCE));
  await world.deploy();
  await world.predict(rows.slice(0, 500));
  await world.label(rows.slice(0, 300));
  await begin(world);
  await world.untilRecords(TOPICS.deploymentInputs('fraud'), 800);
  await world.untilRecords(TOPICS.reports, 1);
  await world.stop();
  expect((await world.records(TOPICS.snapshots('monitoring'))).length).toBeGreaterThan(3);
  await world.predict(rows.slice(500));
  await world.label(rows.slice(300));
  await begin(world);
  await untilMeasured(world, 2);
  await world.until('whole windows', () => areWhole(world, 300));
  const expected = windowsOf(rows).slice(0, 2);
  expect((await measuredReports(world)).map(figuresOf)).toEqual(
    expected.map((day) => oracle(world, day, true)),
  );
});

it('sets a prediction aside whose version stands nowhere, and counts the others', async () => {
  const world = track(await MonitoringWorld.make(REFERENCE));
  const rows = history(10, 2, 20);
  await world.deploy();
  await world.predict(rows.map((row, i) => (i === 4 ? { ...row, version: 9 } : row)));
  await begin(world);
  const [letter] = await world.untilRecords(TOPICS.deadLetters('monitoring'), 1);
  expect(letter!.headers.text('ph_reason')).toBe(
    'version 9 stands on no route of fraud at control position 0',
  );
  await world.until('report', async () => (await newestReports(world))[0]?.predictions === 19);
});

const deployed = async (world: MonitoringWorld): Promise<DeploymentFact> => {
  await world.deploy();
  return JSON.parse(String((await world.records(TOPICS.deployments))[0]!.value)) as DeploymentFact;
};
