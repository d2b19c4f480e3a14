import { followDeployments } from '#runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPICS, WindowReported, decodeEvent, type EventOf } from '#contracts';
import type { EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { startLocalStack, stopLocalStack } from '#localstack';
import { ReferenceProfiles } from './effects/reference-profiles';
import { decidingWorker, gatesWorker, monitoringFleet, type MonitoringParts } from './monitoring.topology';
import { MonitoringWorld, paymentsOf, type Row } from './monitoring.testing';

jest.setTimeout(180_000);

const dataDir = mkdtempSync(join(tmpdir(), 'playhead-monitoring-'));
let log: EventLog;
let world: MonitoringWorld;

beforeAll(async () => {
  const { kafka } = await startLocalStack({ dataDir, parts: ['kafka'], heap: '256m' });
  log = createKafkaLog({ brokers: kafka.brokers, clientId: 'monitoring-int' });
  world = await MonitoringWorld.make(paymentsOf({ seed: 1, days: 1, perDay: 3_000 }), log);
});

afterAll(async () => {
  await world?.stop();
  await log?.close();
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

const begin = (): Promise<void> =>
  world.start((serviceLog) => {
    const { artifacts, sleep, logger } = world.ports;
    const parts: MonitoringParts = {
      ...world.ports,
      serviceLog,
      control: followDeployments(serviceLog),
      profiles: new ReferenceProfiles({ artifacts, sleep, logger }),
      instance: 'test',
      tickMs: 500,
      transport: world.transport,
    };
    return [decidingWorker(parts), gatesWorker(parts), monitoringFleet(parts)];
  });

const newest = async (): Promise<EventOf<typeof WindowReported>[]> => {
  const reports = new Map<string, EventOf<typeof WindowReported>>();
  for (const { value } of await world.records(TOPICS.reports).catch(() => [])) {
    const report = decodeEvent(WindowReported, value);
    if (report.revision > (reports.get(report.window.start)?.revision ?? 0))
      reports.set(report.window.start, report);
  }
  return [...reports.values()].sort((a, b) => a.window.start.localeCompare(b.window.start));
};

const wholeWindows = (count: number): Promise<void> =>
  world.until(
    `${count} whole windows`,
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const measured = (await newest()).filter(
        ({ predictions, performance }) => predictions === 1_000 && performance?.rows === 1_000,
      );
      return measured.length >= count;
    },
    120_000,
  );

it('reports whole windows from a real broker, also across a restart of the service', async () => {
  const rows: Row[] = paymentsOf({ seed: 2, days: 8, perDay: 1_000, driftFrom: 5 });
  await world.deploy();
  await begin();
  await world.predict(rows.slice(0, 4_500));
  await world.label(rows.slice(0, 4_500));
  await wholeWindows(3);
  await world.stop();
  await world.predict(rows.slice(4_500));
  await world.label(rows.slice(4_500));
  await begin();
  await wholeWindows(6);

  const verdicts = (await newest()).map(({ drift }) => drift.features.map(({ drifted }) => drifted));
  const [steady, drifted] = [
    [false, false],
    [true, false],
  ];
  expect(verdicts).toEqual([steady, steady, steady, steady, steady, drifted, drifted]);
  expect(await world.records(TOPICS.deadLetters('monitoring'))).toEqual([]);
});
