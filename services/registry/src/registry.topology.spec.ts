import {
  EnvelopeTemplate,
  TOPICS,
  TrainingRunStarted,
  encodeEvent,
  readEnvelope,
  TrainingRunCompleted,
  type EventContract,
} from '#contracts';
import { MemoryArtifactStore } from '#artifacts';
import { createMemoryLog, readTopic, type FollowedTopic, type MemoryLog } from '#eventlog';
import { MovableClock, formatPosition } from '#kernel';
import { ServiceLog, createLogger, createMetrics, type Ports, type Worker } from '#runtime';
import { INPUT_CONTRACTS, type Input } from './domain/inputs';
import type { RegistryState } from './domain/state';
import { OUTCOME_TOPICS, createTopics, decider, followInputs, runRouter } from './registry.topology';
import { apply, completed, promote, PROJECT, reportCompleted, train } from './registry.testing';

const NAMESPACE = 't';
const full = (topic: string): string => `${NAMESPACE}.${topic}`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)));

/** One process of the registry over a log that is shared. */
class Instance {
  readonly log: ServiceLog;
  readonly inputs: FollowedTopic<RegistryState>;
  readonly failures: unknown[] = [];
  private readonly workers: Worker[];

  constructor(log: MemoryLog, clock: MovableClock) {
    const ports: Ports = {
      log,
      artifacts: new MemoryArtifactStore(NAMESPACE),
      clock,
      sleep,
      logger: createLogger({ service: 'registry', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    };
    const transport = { fail: (_: string, error: unknown) => void this.failures.push(error) };
    this.log = new ServiceLog({ service: 'registry', namespace: NAMESPACE }, ports, transport);
    this.inputs = followInputs(this.log);
    this.workers = [
      this.log,
      decider(this.log),
      runRouter(this.log, { eventLog: log, sleep, transport }),
      this.inputs,
    ];
  }

  async start(): Promise<this> {
    await createTopics(this.log);
    await Promise.all(this.workers.map((worker) => worker.start()));
    return this;
  }

  async stop(): Promise<void> {
    for (const worker of this.workers) await worker.stop();
  }
}

class World {
  readonly clock = new MovableClock(Date.UTC(2026, 0, 1));
  readonly log = createMemoryLog({ now: () => this.clock.now() });
  private readonly producer = this.log.producer();

  async start(): Promise<Instance> {
    await this.log.ensureTopics([{ name: full(TOPICS.runs), partitions: 1 }]);
    return new Instance(this.log, this.clock).start();
  }

  /** Appends inputs as the doors do; the same record again is a repetition. */
  async submit(...inputs: readonly Input[]): Promise<void> {
    for (const { type, value } of inputs) {
      const contract = INPUT_CONTRACTS[type];
      const id = 'request' in value ? value.request : 'none';
      await this.append(TOPICS.registryInputs, contract, value, id);
    }
  }

  async append(topic: string, contract: EventContract, value: unknown, id: string): Promise<void> {
    this.clock.advance(1_000);
    const headers = new EnvelopeTemplate({ type: contract.type, source: 'test' }).headers(
      id,
      new Date(this.clock.now()).toISOString(),
    );
    await this.producer.send([
      { topic: full(topic), partition: 0, key: null, value: encodeEvent(contract, value as never), headers },
    ]);
  }

  /** Every outcome on the log: topic, id and type, in the order of each topic. */
  async outcomes(): Promise<string[]> {
    const lines: string[] = [];
    for (const topic of OUTCOME_TOPICS) {
      for (const record of await readTopic(this.log, full(topic))) {
        const { id, type } = readEnvelope(record.headers);
        lines.push(`${topic} ${id} ${type} ${record.value!.toString()}`);
      }
    }
    return lines;
  }

  async until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!(await done())) {
      if (Date.now() > deadline) throw new Error(`${what}: not within 30 s`);
      await sleep(2);
    }
  }
}

const idOf = (line: string): string => line.split(' ')[1]!;

/** Applies, trains through what training would say, and promotes. */
const tellStory = async (world: World, instance: Instance): Promise<void> => {
  await world.submit(apply(PROJECT, '1', 'a'), train('fraud', 'b'));
  await world.append(
    TOPICS.runs,
    TrainingRunStarted,
    { ...TrainingRunStarted.sample, run: 'run-0-1' },
    '0-0',
  );
  await world.append(TOPICS.runs, TrainingRunCompleted, completed('run-0-1', 0.6), '0-1');
  await world.until('version 1', () => instance.inputs.state.latest.get('fraud') === 1);
  await world.submit(promote(1, 'champion', 'c'));
  await world.until('champion', () => instance.inputs.state.aliases.has('fraud@champion'));
};

const published = async (world: World): Promise<void> =>
  world.until('the deployment is published', async () =>
    (await world.outcomes()).some((line) => line.includes('"state":"active"')),
  );

it('turns requests and reports into facts whose ids are positions', async () => {
  const world = new World();
  const instance = await world.start();
  await tellStory(world, instance);
  await published(world);
  await instance.stop();
  const lines = (await world.outcomes()).map((line) => line.split(' ').slice(0, 3).join(' '));
  expect(lines).toEqual([
    ...Array.from(
      { length: 8 },
      (_, k) => `registry.definitions ${formatPosition(0, 0, k)} registry.definition.applied`,
    ),
    'registry.requests 0-1 registry.training.requested',
    'registry.models 0-3 registry.model-version.registered',
    'registry.models 0-4 registry.alias.assigned',
    'registry.deployments 0-0 registry.deployment.updated',
    'registry.deployments 0-4 registry.deployment.updated',
    ...['0-1', '0-2', '0-2.1', '0-3', '0-4'].map((id) => `registry.lineage ${id} registry.lineage.reported`),
  ]);
  expect(instance.failures).toEqual([]);
});

it('publishes once what two instances fold, and goes on where the one before it stopped', async () => {
  const world = new World();
  const [one, other] = [await world.start(), await world.start()];
  await tellStory(world, other);
  await published(world);
  await one.stop();
  await other.stop();
  const third = await world.start();
  await world.submit(promote(1, 'challenger', 'd'));
  await world.until('challenger', async () =>
    (await world.outcomes()).some((line) => line.includes('"alias":"challenger"')),
  );
  await third.stop();
  const lines = await world.outcomes();
  expect(new Set(lines).size).toBe(lines.length);
  expect(lines.filter((line) => line.includes('alias.assigned')).map(idOf)).toEqual(['0-4', '0-5']);
});

it('sends nothing again that stands there, however far the committed offset lags', async () => {
  const world = new World();
  const instance = await world.start();
  await tellStory(world, instance);
  await published(world);
  await instance.stop();
  const before = await world.outcomes();
  world.log.committed = () => Promise.resolve(new Map());
  const next = await world.start();
  await world.submit(promote(1, 'challenger', 'd'));
  await world.until('challenger', async () =>
    (await world.outcomes()).some((line) => line.includes('"alias":"challenger"')),
  );
  await next.stop();
  const after = await world.outcomes();
  expect(after).toHaveLength(before.length + 1);
  expect(new Set(after).size).toBe(after.length);
});

it.each(['append-then-fail', 'append-half-then-fail', 'refuse'] as const)(
  'loses and repeats nothing when a send ends with %s',
  async (fault) => {
    const calm = new World();
    const undisturbed = await calm.start();
    await tellStory(calm, undisturbed);
    await published(calm);
    await undisturbed.stop();

    const world = new World();
    const instance = await world.start();
    let sends = 0;
    world.log.injectFault((records) =>
      OUTCOME_TOPICS.some((topic) => records[0]!.topic === full(topic)) && sends++ % 2 === 0
        ? fault
        : 'append',
    );
    await tellStory(world, instance);
    await published(world);
    await instance.stop();
    expect(await world.outcomes()).toEqual(await calm.outcomes());
  },
);

it('carries a repeated request out once, and takes a report over once', async () => {
  const world = new World();
  const instance = await world.start();
  const request = train('fraud', 'b');
  await world.submit(apply(PROJECT, '1', 'a'), request, request);
  const report = reportCompleted(0, 'run-0-1');
  await world.submit(report, report);
  await world.until('both reports', () => instance.inputs.position === 4);
  await world.until('published', async () =>
    (await world.outcomes()).some((line) => line.includes('registered')),
  );
  await instance.stop();
  const lines = await world.outcomes();
  expect(lines.filter((line) => line.includes('training.requested'))).toHaveLength(1);
  expect(lines.filter((line) => line.includes('registered'))).toHaveLength(1);
});

it('sets a record aside that is no input, and goes on', async () => {
  const world = new World();
  const instance = await world.start();
  await world.append(TOPICS.registryInputs, TrainingRunCompleted, completed('run-0-1', 0.6), 'x');
  await world.submit(apply(PROJECT, '1', 'a'));
  await world.until('applied', async () => (await world.outcomes()).length === 9);
  await instance.stop();
  const [letter] = await readTopic(world.log, full(TOPICS.deadLetters('registry')));
  expect(letter!.headers.text('ph_reason')).toBe('training.run.completed is no input of the registry');
});

it('answers as of every position what it answered live', async () => {
  const world = new World();
  const instance = await world.start();
  const live: { position: number; runs: number; versions: number; alias: number | undefined }[] = [];
  const look = (state: RegistryState) => ({
    position: state.position,
    runs: state.runs.size,
    versions: state.versions.size,
    alias: state.aliases.get('fraud@champion')?.history.at(-1),
  });
  instance.inputs.onChange((state) => live.push(look(state)));
  await tellStory(world, instance);
  await instance.stop();
  expect(live).toHaveLength(5);
  expect(live.map(({ position }) => look(instance.inputs.at(position)))).toEqual(live);
});
