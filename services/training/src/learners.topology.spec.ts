import { MemoryArtifactStore } from '#artifacts';
import {
  CancellationRequested,
  EnvelopeTemplate,
  HEADERS,
  LearnerLabelRouted,
  LearnerVectorRouted,
  TOPICS,
  TrainingRequested,
  VectorComputed,
  encodeEvent,
  type EventContract,
  type EventOf,
} from '#contracts';
import {
  SeenPositions,
  admitted,
  createMemoryLog,
  readTopic,
  type EventLog,
  type LogRecord,
} from '#eventlog';
import { exportLearner, fitModel, fitTrial, learnerLimits, learnerSettings, type Fit } from '#fit';
import { MovableClock, Rng, sha256 } from '#kernel';
import { STREAM_LIMITS, StreamLearner, beginOnline } from '#learn';
import { refoldLearner } from '#replay';
import { ServiceLog, createLogger, createMetrics, sleep, type Worker } from '#runtime';
import { DEATHS, mortalLog, type Death } from '#testing';
import type { Static, TSchema } from 'typebox';
import { trainingWorkers } from './training.topology';

const NAMESPACE = 't';
const full = (name: string): string => `${NAMESPACE}.${name}`;
const HOUR = 3_600_000;
const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');
const LABELS = 'frauds';

const inline: Fit = (job, { onProgress }) => Promise.resolve(fitModel(job, { onProgress }));

const request = (
  over: Partial<EventOf<typeof TrainingRequested>> = {},
): EventOf<typeof TrainingRequested> => ({
  ...TrainingRequested.sample,
  run: 'run-1',
  service: { ...TrainingRequested.sample.service, name: 'fraud', revision: '1', features: ['a', 'b'] },
  label: { ...TrainingRequested.sample.label, stream: LABELS, on: 'event', value: 'is_fraud' },
  trainer: { kind: 'hoeffding-tree', parameters: { grace_period: 20, delta: 0.1, tau: 0.3 } },
  evaluate: { bootstrap: 0 },
  gates: [{ metric: 'accuracy', threshold: 0.5, min: 0.5 }],
  ...over,
});
type Request = ReturnType<typeof request>;

const rng = new Rng(8);
const rows = Array.from({ length: 120 }, (_, row) => {
  const [a, b] = [rng.uniform(), rng.uniform()];
  return { id: `e${row}`, time: BEGIN + row * HOUR, values: [a, row % 7 === 0 ? null : b], isFraud: a > 0.5 };
});

class World {
  readonly clock = new MovableClock(BEGIN);
  readonly log = createMemoryLog({ now: () => this.clock.now() });
  readonly artifacts = new MemoryArtifactStore(NAMESPACE);
  readonly failures: unknown[] = [];
  private readonly offsets = new Map<string, number>();
  private readonly running = new Set<Worker[]>();

  static async make(): Promise<World> {
    const world = new World();
    worlds.push(world);
    await world.log.ensureTopics([
      { name: full(TOPICS.requests), partitions: 1 },
      { name: full(TOPICS.datasets), partitions: 1 },
      { name: full(TOPICS.vectors('fraud')), partitions: 2 },
      { name: full(TOPICS.observations(LABELS)), partitions: 1 },
    ]);
    return world;
  }

  async start(log: EventLog = this.log): Promise<{ stop(): Promise<void>; status(): unknown }> {
    const { artifacts, clock } = this;
    const logger = createLogger({ service: 'training', instance: 'test', level: 'silent' });
    // What a process that died still does is nobody's failure.
    const transport = {
      fail: (_: string, error: unknown): void => void (log === this.log && this.failures.push(error)),
    };
    const ports = { log, artifacts, clock, sleep: () => sleep(1), logger, metrics: createMetrics() };
    const serviceLog = new ServiceLog({ service: 'training', namespace: NAMESPACE }, ports, transport);
    const trial = (...job: Parameters<typeof fitTrial>) => Promise.resolve(fitTrial(...job));
    const parts = trainingWorkers({
      ...ports,
      serviceLog,
      transport,
      fit: inline,
      trial: trial as never,
      workers: 1,
    });
    const workers = [serviceLog, ...parts.values()];
    this.running.add(workers);
    for (const worker of workers) await worker.start();
    return {
      stop: () => this.stop(workers),
      status: () => (parts.get('learners') as unknown as { status(): unknown }).status(),
    };
  }

  async stop(workers: Worker[]): Promise<void> {
    if (!this.running.delete(workers)) return;
    for (const worker of [...workers].reverse())
      await worker.stop().catch((error: unknown) => {
        if (!String(error).includes('the process died')) throw error;
      });
  }

  async stopAll(): Promise<void> {
    for (const workers of this.running) await this.stop(workers);
  }

  async append(
    topic: string,
    value: Buffer,
    { type, partition = 0, time = BEGIN }: { type: string; partition?: number; time?: number },
  ): Promise<void> {
    const place = `${topic}/${partition}`;
    const offset = (this.offsets.get(place) ?? -1) + 1;
    this.offsets.set(place, offset);
    const template = new EnvelopeTemplate({ type, source: `source-of-${topic}` });
    const producer = this.log.producer();
    await producer.send([
      {
        topic: full(topic),
        partition,
        key: null,
        value,
        headers: template.headers(`${partition}-${offset}`, new Date(time).toISOString()),
      },
    ]);
    await producer.close();
  }

  say<S extends TSchema>(contract: EventContract<S>, fact: Static<S>): Promise<void> {
    return this.append(contract.topic, encodeEvent(contract, fact), { type: contract.type });
  }

  async vectors(from: number, to: number): Promise<void> {
    for (let row = from; row < to; row++) {
      const { id, time, values } = rows[row]!;
      const vector = {
        event_id: id,
        entity: { customer: 'c' },
        event_time: new Date(time).toISOString(),
        trigger: `0-${row}`,
        values: { '0': [1], '1': values },
      };
      const place = { type: VectorComputed.type, partition: row % 2, time };
      await this.append(TOPICS.vectors('fraud'), encodeEvent(VectorComputed, vector), place);
    }
  }

  async labels(from: number, to: number): Promise<void> {
    for (let row = from; row < to; row++) {
      const { id, time, isFraud } = rows[row]!;
      const value = Buffer.from(JSON.stringify({ event: id, is_fraud: isFraud }));
      await this.append(TOPICS.observations(LABELS), value, { type: 'observed', time: time + 5 * HOUR });
    }
  }

  async facts(run = 'run-1'): Promise<{ type: string; fact: Record<string, unknown> }[]> {
    const records = await readTopic(this.log, full(TOPICS.runs)).catch(() => []);
    return records
      .filter(({ key }) => key?.toString() === run)
      .map(({ headers, value }) => ({
        type: headers.text(HEADERS.type)!.replace('training.run.', ''),
        fact: JSON.parse(value!.toString()) as Record<string, unknown>,
      }));
  }

  inputs(): Promise<LogRecord[]> {
    return readTopic(this.log, full(TOPICS.learnerInputs('fraud'))).catch(() => []);
  }

  async ended(run = 'run-1'): Promise<{ type: string; fact: Record<string, unknown> }> {
    for (const deadline = Date.now() + 8_000; ; await sleep(3)) {
      const last = (await this.facts(run)).at(-1);
      if (last && ['completed', 'failed', 'rejected', 'cancelled'].includes(last.type)) return last;
      if (this.failures.length > 0) throw new Error(`a worker failed: ${String(this.failures[0])}`);
      if (Date.now() > deadline) throw new Error(`${run} has not ended: ${JSON.stringify(last)}`);
    }
  }
}

/** What the records below an offset teach, read in the plainest way; every record once. */
const naively = (records: readonly LogRecord[], of: Request): StreamLearner => {
  const stream = StreamLearner.begin(learnerSettings(of), learnerLimits(of));
  const seen = new SeenPositions();
  for (const record of records) {
    if (!admitted(seen, record)) continue;
    const type = record.headers.text(HEADERS.type);
    const time = Date.parse(record.headers.text(HEADERS.time)!);
    const value = JSON.parse(record.value!.toString()) as Record<string, never>;
    if (type === LearnerVectorRouted.type)
      stream.foldVector(
        value['event_id']!,
        time,
        (value['values']!['1'] as (number | null)[]).map((each) => each ?? NaN),
      );
    else if (type === LearnerLabelRouted.type)
      stream.foldLabel(value['event_id']!, time, value['value'] ?? null);
    else throw new Error(`a ${type}`);
  }
  return stream;
};

const onnxOf = (stream: StreamLearner): string => sha256(stream.learner.toOnnx());

const worlds: World[] = [];
let world: World;
beforeEach(async () => (world = await World.make()));
afterEach(async () => {
  for (const each of worlds.splice(0)) await each.stopAll();
});

it('learns from the vectors and labels of a model, and exports what it is', async () => {
  const service = await world.start();
  await world.vectors(0, 100);
  await world.labels(0, 90);
  await world.say(TrainingRequested, request());
  const { type, fact } = await world.ended();
  expect(type).toBe('completed');
  expect((await world.facts()).map((each) => each.type)).toEqual(['requested', 'started', 'completed']);

  const inputs = await world.inputs();
  expect(inputs.length).toBe(190);
  const expected = naively(inputs, request());
  expect(expected.learner.seen).toBe(90);
  expect(fact).toMatchObject({
    artifact: onnxOf(expected),
    origin: 'online',
    trainer: 'hoeffding-tree',
    rows: { train: 90, holdout: expected.window().length },
    metrics: { train: expected.report(), holdout: { 'accuracy@0.5': expect.any(Number) } },
  });
  const manifest = JSON.parse((await world.artifacts.get(fact['manifest'] as string)).toString()) as never;
  expect(manifest).toMatchObject({
    dataset: {
      cut: [{ topic: 'training.inputs.fraud', partition: 0, from: 0, to: 190 }],
      digest: sha256(expected.encodeModel()),
    },
  });
  // From the manifest alone, as a replay does it.
  const { dataset } = manifest as { dataset: { train: { artifact: string } } };
  const again = exportLearner(request(), await world.artifacts.get(dataset.train.artifact));
  expect(sha256(again.job.foreign!.onnx)).toBe(fact['artifact']);
  // And from the log alone.
  const refolded = await refoldLearner({ log: world.log, namespace: NAMESPACE }, manifest);
  expect(refolded.digest).toBe((manifest as { dataset: { digest: string } }).dataset.digest);
  expect(JSON.stringify(service.status())).toContain('"waiting":10');
});

it('gives the state at any offset, or at any moment, again and again the same', async () => {
  await world.start();
  await world.vectors(0, 60);
  await world.labels(0, 50);
  await world.say(TrainingRequested, request());
  await world.ended();
  await world.vectors(60, 120);
  await world.labels(50, 120);
  const moment = new Date(BEGIN + 30 * HOUR).toISOString();
  const asOf = ['0:77', '0:77', moment, moment];
  for (const [at, as_of] of asOf.entries())
    await world.say(TrainingRequested, request({ run: `run-${at + 2}`, as_of }));
  await world.say(TrainingRequested, request({ run: 'run-6' }));
  const artifacts: unknown[] = [];
  for (const run of ['run-2', 'run-3', 'run-4', 'run-5', 'run-6'])
    artifacts.push((await world.ended(run)).fact['artifact']);
  const inputs = await world.inputs();
  const after = inputs.findIndex(({ headers }) => headers.text(HEADERS.time)! > moment);
  const [atOffset, atTime, now] = [inputs.slice(0, 77), inputs.slice(0, after), inputs].map((records) =>
    onnxOf(naively(records, request())),
  );
  expect(artifacts).toEqual([atOffset, atOffset, atTime, atTime, now]);
  expect(new Set(artifacts).size).toBe(3);
});

it('goes on after a restart as if it had never stopped', async () => {
  const first = await world.start();
  await world.vectors(0, 60);
  await world.labels(0, 40);
  await world.say(TrainingRequested, request());
  await world.ended();
  await first.stop();
  await world.vectors(60, 120);
  const second = await world.start();
  await world.labels(40, 120);
  await world.say(TrainingRequested, request({ run: 'run-2' }));
  const { fact } = await world.ended('run-2');
  const inputs = await world.inputs();
  expect(inputs.length).toBe(240);
  expect(fact['artifact']).toBe(onnxOf(naively(inputs, request())));
  expect(JSON.stringify(second.status())).toContain('"observations":120');
});

it('begins anew, over the same inputs, when its definition changes', async () => {
  await world.start();
  await world.vectors(0, 100);
  await world.labels(0, 100);
  await world.say(TrainingRequested, request());
  await world.ended();
  const other = request({ run: 'run-2', trainer: { kind: 'online-logistic', parameters: {} } });
  await world.say(TrainingRequested, other);
  const { fact } = await world.ended('run-2');
  const inputs = await world.inputs();
  expect(inputs.length).toBe(200);
  expect(fact['artifact']).toBe(onnxOf(naively(inputs, other)));
});

it('says why there is no state to export', async () => {
  await world.start();
  await world.vectors(0, 5);
  await world.say(TrainingRequested, request());
  await world.say(TrainingRequested, request({ run: 'run-2', as_of: 'labels=0:3' }));
  await world.say(TrainingRequested, request({ run: 'run-3', as_of: '0:5000' }));
  const ends = await Promise.all(['run-1', 'run-2', 'run-3'].map((run) => world.ended(run)));
  expect(ends.map(({ type, fact }) => `${type}: ${String(fact['message'])}`)).toEqual([
    expect.stringContaining('rejected: fraud has not learned from any label yet'),
    expect.stringContaining('rejected: fraud learns from training.inputs.fraud alone'),
    expect.stringContaining('rejected: training.inputs.fraud ends at offset 5, before 5000'),
  ]);
});

it('waits for sources that are not there yet, and ends when it is cancelled', async () => {
  await world.start();
  const absent = { ...request().service, name: 'absent' };
  await world.say(TrainingRequested, request({ service: absent }));
  await sleep(30);
  await world.say(CancellationRequested, { run: 'run-1', model: 'fraud', requested_by: 'ada' });
  expect((await world.ended()).type).toBe('cancelled');
});

/** A process dies at its nth send; another one goes on. Whatever stands on the log twice is learned from once. */
const liveOn = async (dieAt: number, death: Death): Promise<number> => {
  const crashed = await World.make();
  await crashed.vectors(0, 60);
  await crashed.labels(0, 30);
  await crashed.say(TrainingRequested, request());
  const mortal = mortalLog(crashed.log, dieAt, death);
  const first = await crashed.start(mortal.log);
  for (let tries = 0; !mortal.isDead() && tries < 60; tries++) await sleep(5);
  await mortal.bury();
  await first.stop();
  await crashed.start();
  await crashed.labels(30, 50);
  await crashed.ended();
  await crashed.say(TrainingRequested, request({ run: 'run-2' }));
  const { fact } = await crashed.ended('run-2');
  const expected = naively(await crashed.inputs(), request());
  expect(expected.learner.seen).toBe(50);
  expect(fact['artifact']).toBe(onnxOf(expected));
  const { fact: one } = (await crashed.facts()).at(-1)!;
  const manifest = JSON.parse((await crashed.artifacts.get(one['manifest'] as string)).toString()) as {
    dataset: { cut: [{ to: number }] };
  };
  const [{ to }] = manifest.dataset.cut;
  expect(one['artifact']).toBe(onnxOf(naively((await crashed.inputs()).slice(0, to), request())));
  await crashed.stopAll();
  return mortal.isDead() ? 1 : 0;
};

it.each(DEATHS)(
  'gives the same bytes when a process dies %s, at any send',
  async (death) => {
    let deaths = 0;
    for (let dieAt = 1; dieAt <= 12; dieAt += 2) deaths += await liveOn(dieAt, death);
    expect(deaths).toBeGreaterThan(3);
  },
  60_000,
);

it('a learner of classes is told how many there are', () => {
  const of = request({ task: 'multiclass', trainer: { kind: 'hoeffding-tree', parameters: { classes: 5 } } });
  expect(beginOnline(learnerSettings(of)).settings.classes).toBe(5);
  expect(learnerLimits(of)).toMatchObject({ window: STREAM_LIMITS.window });
});
