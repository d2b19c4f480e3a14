/** The services of today over what a recorded log gives them: what they write is what stands there. */
import { ANNOTATIONS, HEADERS, TOPICS, qualify } from '#contracts';
import { readTopic, type MemoryLog } from '#eventlog';
import { MovableClock } from '#kernel';
import { ServiceLog, createLogger, createMetrics, type Ports, type ServiceName, type Worker } from '#runtime';
import { featureFleet, followServices } from '../../services/feature/src/feature.topology';
import { InboxMeter } from '../../services/ingestion/src/handlers/inbox-meter';
import { followStreams, ingestionFleet } from '../../services/ingestion/src/ingestion.topology';
import { GOLDEN, loadGolden, type GoldenLog } from './golden-log';

const RELEASE = '0.1.0';
const STREAMS = ['transactions', 'fraud-labels'];
const DEADLINE_MS = 60_000;

let recorded: GoldenLog;
beforeAll(async () => {
  recorded = await loadGolden(RELEASE);
});

/** By partition, in order: position of the source, key and value, and the headers that say something about the fact. */
const outputs = async (log: MemoryLog, topic: string): Promise<string[][]> => {
  const partitions: string[][] = [];
  const seen = new Set<string>();
  for (const { partition, key, value, headers } of await readTopic(log, qualify(GOLDEN, topic))) {
    const own = headers
      .entries()
      .filter(([name]) => !ANNOTATIONS.includes(name) && name !== HEADERS.control)
      .map(([name, content]) => `${name}: ${content.toString()}`);
    const text = [String(key), String(value), ...own.sort()].join('\n');
    const id = `${partition} ${headers.text(HEADERS.source)} ${headers.text(HEADERS.id)}`;
    if (seen.has(id)) continue;
    seen.add(id);
    (partitions[partition] ??= []).push(text);
  }
  return partitions;
};

const count = async (log: MemoryLog, topic: string): Promise<number> =>
  (await log.partitionCount(qualify(GOLDEN, topic))) === undefined
    ? 0
    : (await log.ends(qualify(GOLDEN, topic))).reduce((sum, { end }) => sum + end, 0);

/** Runs the workers of a service until it has written as much as was recorded, and stops them. */
const runAgain = async (
  service: ServiceName,
  golden: GoldenLog,
  topics: readonly string[],
  workersOf: (serviceLog: ServiceLog, ports: Ports, fail: (error: unknown) => void) => readonly Worker[],
): Promise<void> => {
  const failures: unknown[] = [];
  const ports: Ports = {
    log: golden.log,
    artifacts: golden.artifacts,
    clock: new MovableClock(Date.UTC(2026, 10, 21)),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5))),
    logger: createLogger({ service, instance: 'test', level: 'silent' }),
    metrics: createMetrics(),
  };
  const fail = (error: unknown): void => void failures.push(error);
  const serviceLog = new ServiceLog({ service, namespace: GOLDEN }, ports, {
    fail: (_, error) => fail(error),
  });
  const workers = [serviceLog, ...workersOf(serviceLog, ports, fail)];
  for (const worker of workers) await worker.start();
  try {
    for (const topic of topics) {
      const wanted = await count(recorded.log, topic);
      for (
        const until = Date.now() + DEADLINE_MS;
        (await count(golden.log, topic)) < wanted;
        await ports.sleep(5)
      )
        if (failures.length > 0 || Date.now() > until)
          throw new Error(`${topic}: ${await count(golden.log, topic)} of ${wanted}; ${String(failures[0])}`);
    }
  } finally {
    for (const worker of workers.reverse()) await worker.stop();
  }
};

it('ingestion takes and refuses the same', async () => {
  const golden = await loadGolden(
    RELEASE,
    (topic) => topic === TOPICS.definitions || topic.startsWith(TOPICS.inbox('')),
  );
  const topics = STREAMS.flatMap((stream) => [TOPICS.observations(stream), TOPICS.rejections(stream)]);
  await runAgain('ingestion', golden, topics, (serviceLog, ports, fail) => {
    const control = followStreams(serviceLog);
    const fleet = ingestionFleet({
      log: golden.log,
      config: { namespace: GOLDEN },
      serviceLog,
      control,
      meter: new InboxMeter(ports.metrics),
      sleep: ports.sleep,
      logger: ports.logger,
      transport: { fail: (_, error) => fail(error) },
    });
    return [fleet];
  });
  for (const topic of topics) {
    const [then, now] = [await outputs(recorded.log, topic), await outputs(golden.log, topic)];
    // What is moved again comes behind everything else, and is dropped there.
    expect([topic, now.map((list, partition) => list.slice(0, then[partition]?.length ?? 0))]).toEqual([
      topic,
      then,
    ]);
  }
}, 120_000);

it('feature folds the same parts and vectors, from observations and the recorded order of its routers', async () => {
  const golden = await loadGolden(
    RELEASE,
    (topic) =>
      topic === TOPICS.definitions ||
      topic.startsWith(TOPICS.observations('')) ||
      topic.startsWith(TOPICS.featureInputs('fraud', '')),
  );
  const [parts, vectors] = [TOPICS.parts('fraud'), TOPICS.vectors('fraud')];
  await runAgain('feature', golden, [parts, vectors], (serviceLog, ports, fail) => {
    const control = followServices(serviceLog);
    const fleet = featureFleet({
      ...ports,
      namespace: GOLDEN,
      serviceLog,
      control,
      transport: { fail: (_, error) => fail(error) },
    });
    return [fleet];
  });
  expect(await outputs(golden.log, vectors)).toEqual(await outputs(recorded.log, vectors));
  // Two partitions of a stage feed one of the parts: how those interleave is no part of the result.
  const sorted = async (log: MemoryLog): Promise<string[][]> =>
    (await outputs(log, parts)).map((list) => [...list].sort());
  expect(await sorted(golden.log)).toEqual(await sorted(recorded.log));
}, 120_000);
