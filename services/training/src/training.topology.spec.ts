import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { MemoryArtifactStore } from '#artifacts';
import {
  CancellationRequested,
  DatasetBuilt,
  DatasetFailed,
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  TrainingRequested,
  encodeEvent,
  type EventContract,
  type EventOf,
} from '#contracts';
import { createMemoryLog, readTopic, type LogRecord } from '#eventlog';
import {
  cancelledFit,
  fitByCommand,
  fitByKind,
  fitImported,
  fitModel,
  fitTrial,
  readManifest,
  type Fit,
  type FitTrial,
} from '#fit';
import { checkHere, loadModel } from '#inference';
import { readReferenceProfile, writeReferenceProfile } from '#drift';
import { MovableClock, PlatformError, Rng } from '#kernel';
import {
  ServiceLog,
  createLogger,
  createMetrics,
  sleep,
  writeParquet,
  type Column,
  type Worker,
} from '#runtime';
import type { Dataset } from './domain/training-run';
import { RunList } from './projections/run-list';
import { trainingWorkers } from './training.topology';

const NAMESPACE = 't';
const full = (name: string): string => `${NAMESPACE}.${name}`;
const FEATURES = ['amount', 'gap'];

const inline: Fit = (job, { onProgress }) => Promise.resolve(fitModel(job, { onProgress }));

const tried: FitTrial = (job, { onProgress }) => Promise.resolve(fitTrial(job, { onProgress }));

/** Never done; ends only when it is stopped. */
const endless: Fit = (_, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(cancelledFit())));

class World {
  readonly clock = new MovableClock(1_000);
  readonly log = createMemoryLog({ now: () => this.clock.now() });
  readonly artifacts = new MemoryArtifactStore(NAMESPACE);
  readonly failures: unknown[] = [];
  readonly fitted: string[] = [];
  private readonly offsets = new Map<string, number>();
  private readonly running: Worker[][] = [];

  static async make(): Promise<World> {
    const world = new World();
    worlds.push(world);
    await world.log.ensureTopics(
      [TOPICS.requests, TOPICS.datasets].map((name) => ({ name: full(name), partitions: 1 })),
    );
    return world;
  }

  /** One instance of the service. */
  async start(
    fit: Fit = inline,
    { trial = tried, workers: most = 1 }: { readonly trial?: FitTrial; readonly workers?: number } = {},
  ): Promise<{ readonly runs: RunList; stop(): Promise<void> }> {
    const { log, artifacts, clock } = this;
    const logger = createLogger({ service: 'training', instance: 'test', level: 'silent' });
    const quick = (): Promise<void> => sleep(1);
    const transport = { fail: (_: string, error: unknown) => void this.failures.push(error) };
    const ports = { log, artifacts, clock, sleep: quick, logger, metrics: createMetrics() };
    const serviceLog = new ServiceLog({ service: 'training', namespace: NAMESPACE }, ports, transport);
    const runs = new RunList({ log, serviceLog, sleep: quick, logger });
    const counted: Fit = (job, control) => {
      this.fitted.push(job.request.trainer.kind);
      return fit(job, control);
    };
    const workers = [
      serviceLog,
      runs,
      ...trainingWorkers({ ...ports, serviceLog, transport, fit: counted, trial, workers: most }).values(),
    ];
    this.running.push(workers);
    for (const worker of workers) await worker.start();
    return { runs, stop: () => this.stop(workers) };
  }

  async stop(workers: Worker[]): Promise<void> {
    this.running.splice(this.running.indexOf(workers), 1);
    for (const worker of [...workers].reverse()) await worker.stop();
  }

  async stopAll(): Promise<void> {
    for (const workers of [...this.running]) await this.stop(workers);
  }

  /** Appends a fact as its owner does. `again` writes the last one once more, as a zombie would. */
  async say<S extends TSchema>(
    contract: EventContract<S>,
    fact: Static<S>,
    options: { readonly again?: boolean } = {},
  ): Promise<void> {
    const next = (this.offsets.get(contract.topic) ?? -1) + (options.again ? 0 : 1);
    this.offsets.set(contract.topic, next);
    const source = contract.owner === 'registry' ? TOPICS.registryInputs : TOPICS.requests;
    const headers = new EnvelopeTemplate({ type: contract.type, source }).headers(
      `0-${next}`,
      '2026-01-01T00:00:00.000Z',
    );
    const producer = this.log.producer();
    await producer.send([
      { topic: full(contract.topic), partition: 0, key: null, value: encodeEvent(contract, fact), headers },
    ]);
    await producer.close();
  }

  async records(name: string): Promise<LogRecord[]> {
    return readTopic(this.log, full(name)).catch(() => []);
  }

  /** Types of the facts about a run, in order. */
  async life(run = 'run-1'): Promise<string[]> {
    const facts = (await this.records(TOPICS.runs)).filter((record) => record.key?.toString() === run);
    return facts.map((record) => record.headers.text(HEADERS.type)!.replace('training.run.', ''));
  }

  async lastFact<T>(): Promise<T> {
    return JSON.parse((await this.records(TOPICS.runs)).at(-1)!.value!.toString()) as T;
  }

  async until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const deadline = Date.now() + 30_000; !(await done()); await sleep(3)) {
      if (this.failures.length > 0) throw new Error(`a worker failed: ${String(this.failures[0])}`);
      if (Date.now() > deadline)
        throw new Error(`${what}: not within 30 s; ${JSON.stringify(await this.life())}`);
    }
  }

  untilLife(life: string, run?: string): Promise<void> {
    return this.until(async () => (await this.life(run)).join(' ') === life, life);
  }

  async store(
    rows: number,
    seed: number,
    labelled = true,
  ): Promise<{ artifact: string; rows: number; positives: null }> {
    const name = `${rows}/${seed}/${labelled}`;
    let file = files.get(name);
    if (!file) files.set(name, (file = parquetOf(rows, seed, labelled)));
    return { artifact: await this.artifacts.put(await file), rows, positives: null };
  }
}

/** Parquet files by what they hold: the same bytes serve every test. */
const files = new Map<string, Promise<Buffer>>();

/** `labelled`: label 1 where the amount is above 0.7; else label 0 everywhere. */
const parquetOf = async (rows: number, seed: number, labelled: boolean): Promise<Buffer> => {
  const columns: Column[] = [
    { name: 'event_id', type: 'text' },
    { name: 'event_time', type: 'timestamp' },
    { name: 'partition', type: 'integer' },
    { name: 'offset', type: 'bigint' },
    ...[...FEATURES, 'label'].map((name): Column => ({ name, type: 'double' })),
  ];
  const rng = new Rng(seed);
  const values = Array.from({ length: rows }, () => rng.uniform());
  const cells = (row: number): (string | number | null)[] => [
    `e${row}`,
    row,
    0,
    row,
    values[row]!,
    row % 5 === 0 ? null : row % 7,
    labelled && values[row]! > 0.7 ? 1 : 0,
  ];
  const folder = await mkdtemp(join(tmpdir(), 'playhead-test-'));
  try {
    const path = join(folder, 'rows.parquet');
    await writeParquet(path, columns, rows, (row, column) => cells(row)[column]!);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const request = (
  over: Partial<EventOf<typeof TrainingRequested>> = {},
): EventOf<typeof TrainingRequested> => ({
  ...TrainingRequested.sample,
  run: 'run-1',
  trainer: { kind: 'gbdt', parameters: { trees: 8, depth: 3 } },
  gates: [{ metric: 'f1', threshold: 0.3, min: 0.1 }],
  ...over,
});

const worlds: World[] = [];
let world: World;
let dataset: Dataset;

beforeEach(async () => {
  world = await World.make();
  dataset = {
    ...DatasetBuilt.sample,
    run: 'run-1',
    features: FEATURES,
    train: await world.store(400, 1),
    holdout: await world.store(150, 2),
  };
});
// Also those that a failed test left at work: they would keep the process alive.
afterEach(async () => {
  for (const each of worlds.splice(0)) await each.stopAll();
});

it('takes a request and its data set to a model that lies in the store', async () => {
  const { runs } = await world.start();
  await world.say(TrainingRequested, request());
  await world.say(DatasetBuilt, dataset);
  await world.untilLife('requested started completed');

  const completed = await world.lastFact<
    Record<string, string> & { metrics: { holdout: Record<string, number> } }
  >();
  const model = await loadModel(await world.artifacts.get(completed['artifact']!), {
    featureCount: 2,
    task: 'binary',
  });
  const [low, high] = await model.score(Float32Array.of(0.1, 1, 0.9, 1));
  expect([low! < 0.4, high! > 0.6]).toEqual([true, true]);
  await model.close();
  expect(
    readReferenceProfile((await world.artifacts.get(completed['profile']!)).toString()).features.map(
      ({ name }) => name,
    ),
  ).toEqual(FEATURES);
  expect(JSON.parse((await world.artifacts.get(completed['manifest']!)).toString())).toMatchObject({
    run: 'run-1',
    artifact: completed['artifact'],
    dataset: { digest: dataset.digest, manifest: dataset.manifest, cut: dataset.cut },
    trainer: { kind: 'gbdt', parameters: { trees: 8, depth: 3 } },
    seed: 0,
    runtime: { node: process.version, runtime: 'onnxruntime-node' },
  });
  expect(completed.metrics.holdout['f1@0.3']).toBeGreaterThan(0.9);

  await world.until(
    () => runs.of('run-1')?.state === 'completed' && runs.of('run-1')?.progress?.iteration === 8,
    'the door shows it',
  );
  expect(runs.all()).toMatchObject([
    {
      run: 'run-1',
      model: 'fraud',
      artifact: completed['artifact'],
      progress: { iterations: 8, metric: 'log_loss' },
    },
  ]);
  const reasons = (await world.records(TOPICS.runs)).map(
    (record) => `${record.headers.text(HEADERS.source)} ${record.headers.text(HEADERS.id)}`,
  );
  expect(reasons).toEqual(['training.inputs 0-0', 'training.inputs 0-1', 'training.inputs 0-2']);
});

it('decides once what is said twice, by zombies and by answers that are lost', async () => {
  await world.start();
  let lost = 0;
  // Each topic that training writes loses the answer to its first send.
  const topics = new Set<string>();
  world.log.injectFault(([record]) => {
    if (!record!.topic.startsWith(full('training.')) || topics.has(record!.topic)) return 'append';
    topics.add(record!.topic);
    lost++;
    return 'append-then-fail';
  });
  await world.say(TrainingRequested, request());
  await world.say(TrainingRequested, request(), { again: true });
  await world.say(DatasetBuilt, dataset);
  await world.say(DatasetBuilt, dataset, { again: true });
  await world.untilLife('requested started completed');
  expect(lost).toBeGreaterThanOrEqual(2);
  expect((await world.records(TOPICS.trainingInputs)).length).toBeGreaterThan(3);
  expect(await world.records(TOPICS.deadLetters('training'))).toEqual([]);
});

it('fits again after a crash in the middle of a fit, to the same bytes', async () => {
  const crashed = await world.start(endless);
  await world.say(TrainingRequested, request());
  await world.say(DatasetBuilt, dataset);
  await world.until(() => world.fitted.length === 1, 'the fit begins');
  await crashed.stop();
  expect(await world.life()).toEqual(['requested', 'started']);

  const again = await world.start();
  await world.untilLife('requested started completed');
  const { artifact, manifest } = await world.lastFact<Record<string, string>>();
  await again.stop();

  const other = await World.make();
  await other.start();
  for (const part of [dataset.train, dataset.holdout])
    await other.artifacts.put(await world.artifacts.get(part.artifact));
  await other.say(TrainingRequested, request());
  await other.say(DatasetBuilt, dataset);
  await other.untilLife('requested started completed');
  expect(await other.lastFact()).toMatchObject({ artifact, manifest });
});

it('is fitted by the one instance that owns the inputs, and goes over to the other', async () => {
  const first = await world.start(endless);
  await world.start();
  await world.say(TrainingRequested, request());
  await world.say(DatasetBuilt, dataset);
  await world.until(() => world.fitted.length >= 1, 'somebody fits it');
  await first.stop();
  await world.untilLife('requested started completed');
});

it('ends a fit that is cancelled, and gives its place to the next run', async () => {
  const fits: Fit[] = [endless, inline];
  await world.start((job, control) => fits.shift()!(job, control));
  await world.say(TrainingRequested, request());
  await world.say(TrainingRequested, request({ run: 'run-2' }));
  await world.say(DatasetBuilt, dataset);
  await world.say(DatasetBuilt, { ...dataset, run: 'run-2' });
  await world.untilLife('requested started', 'run-2');
  await world.until(() => world.fitted.length > 0, 'the fit begins');
  expect(world.fitted).toHaveLength(1);
  await world.say(CancellationRequested, { ...CancellationRequested.sample, run: 'run-1' });
  await world.untilLife('requested started cancelled');
  await world.untilLife('requested started completed', 'run-2');
});

it('rejects a run whose data set cannot be built', async () => {
  await world.start();
  await world.say(DatasetFailed, { ...DatasetFailed.sample, run: 'run-1' });
  await world.say(TrainingRequested, request());
  await world.untilLife('requested rejected');
});

describe('a run fails with its reason', () => {
  const failureOf = async (over: {
    request?: Parameters<typeof request>[0];
    dataset?: Partial<Dataset>;
    fit?: Fit;
  }): Promise<unknown> => {
    await world.start(over.fit);
    await world.say(TrainingRequested, request(over.request));
    await world.say(DatasetBuilt, { ...dataset, ...over.dataset });
    await world.untilLife('requested started failed');
    return world.lastFact();
  };

  it('when a parameter is unknown', async () => {
    expect(await failureOf({ request: { trainer: { kind: 'gbdt', parameters: { max_depth: 3 } } } })).toEqual(
      {
        run: 'run-1',
        model: 'fraud',
        code: 'PLAYHEAD_LEARN_INVALID',
        message: expect.stringContaining('did you mean "depth"') as string,
      },
    );
    expect(world.fitted).toEqual([]);
  });

  it('when all labels are of one class', async () => {
    const train = await world.store(50, 3, false);
    expect(await failureOf({ dataset: { train } })).toMatchObject({
      message: expect.stringContaining('all 50 labels are 0') as string,
    });
  });

  it('when an artifact of the data set is not there', async () => {
    const train = { ...dataset.train, artifact: 'f'.repeat(64) };
    expect(await failureOf({ dataset: { train } })).toMatchObject({ code: 'PLAYHEAD_ARTIFACT_NOT_FOUND' });
  });

  it('when the model file does not answer as the trainer does', async () => {
    const wrong: Fit = async (job, control) => {
      const fitted = await inline(job, control);
      return {
        ...fitted,
        probe: { ...fitted.probe, scores: fitted.probe.scores.map((score) => score + 2e-6) },
      };
    };
    expect(await failureOf({ fit: wrong })).toMatchObject({ code: 'PLAYHEAD_INFERENCE_MODEL_INVALID' });
  });

  it('when its thread crashes twice', async () => {
    const crash: Fit = () =>
      Promise.reject(new PlatformError('PLAYHEAD_LEARN_CRASHED', 'halt', 'out of memory'));
    expect(await failureOf({ fit: crash })).toMatchObject({
      code: 'PLAYHEAD_LEARN_CRASHED',
      message: 'out of memory',
    });
    expect(world.fitted).toHaveLength(2);
  });
});

it('survives one crash of its thread', async () => {
  const fits: Fit[] = [
    () => Promise.reject(new PlatformError('PLAYHEAD_LEARN_CRASHED', 'halt', 'out of memory')),
    inline,
  ];
  await world.start((job, control) => fits.shift()!(job, control));
  await world.say(TrainingRequested, request());
  await world.say(DatasetBuilt, dataset);
  await world.untilLife('requested started completed');
});

describe('a search', () => {
  const asked = request({
    evaluate: { bootstrap: 0 },
    trainer: {
      kind: 'auto',
      parameters: { trees: 6 },
      search: {
        method: 'tpe',
        trials: 14,
        metric: 'average_precision',
        space: { depth: { min: 1, max: 5 }, l2: { min: 0.1, max: 10, scale: 'log' } },
      },
    },
  });
  const searching = async (of: World): Promise<void> => {
    for (const part of [dataset.train, dataset.holdout])
      await of.artifacts.put(await world.artifacts.get(part.artifact));
    await of.say(TrainingRequested, asked);
    await of.say(DatasetBuilt, dataset);
  };
  const reported = async (of: World): Promise<number> =>
    (await of.life()).filter((type) => type === 'training.trial.completed').length;
  const ended = (of: World): Promise<void> =>
    of.until(async () => (await of.life()).at(-1) === 'completed', 'the run completes');

  it('tries, chooses and fits; every trial is a fact, and the manifest says how the parameters were found', async () => {
    const { runs } = await world.start();
    await searching(world);
    await ended(world);
    const completed = await world.lastFact<{
      manifest: string;
      trials: number;
      best: { trial: number; value: number };
    }>();
    expect(completed.trials).toBe(14);
    const manifest = readManifest(await world.artifacts.get(completed.manifest));
    expect(manifest.search).toMatchObject({ asked: asked.trainer, trials: 14, best: completed.best });
    expect(manifest.trainer.search).toBeUndefined();
    await world.until(() => runs.of('run-1')?.state === 'completed', 'the door shows it');
    const trials = runs.trialsOf('run-1')!;
    expect(trials).toHaveLength(14);
    expect(trials[0]).toMatchObject({
      ...completed.best,
      trainer: manifest.trainer.kind,
      parameters: manifest.trainer.parameters,
      state: 'completed',
    });
    expect(new Set(trials.map(({ trainer }) => trainer))).toEqual(new Set(['gbdt', 'logistic']));
    const values = trials.map(({ value }) => value!);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(runs.trialsOf('run-2')).toBeUndefined();
    expect(await world.records(TOPICS.deadLetters('training'))).toEqual([]);
  });

  it('ends with the same model after a crash behind each trial, on any number of workers', async () => {
    await world.start();
    await searching(world);
    await ended(world);
    const expected = await world.lastFact<Record<string, string>>();

    const crashing = await World.make();
    for (let behind = 1; behind < 14; behind++) {
      const { stop } = await crashing.start();
      if (behind === 1) await searching(crashing);
      await crashing.until(async () => (await reported(crashing)) >= behind, `trial ${behind}`);
      await stop();
    }
    await crashing.start();
    await ended(crashing);
    const { artifact, manifest } = expected;
    expect(await crashing.lastFact()).toMatchObject({ artifact, manifest });
    const numbers = (await crashing.records(TOPICS.runs)).flatMap((record) =>
      record.headers.text(HEADERS.type) === 'training.trial.completed'
        ? [(JSON.parse(record.value!.toString()) as { trial: number }).trial]
        : [],
    );
    expect(numbers).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));

    const parallel = await World.make();
    await parallel.start(inline, { workers: 3 });
    await searching(parallel);
    await ended(parallel);
    expect(await parallel.lastFact()).toMatchObject({ artifact, manifest });
  }, 60_000);

  it('ends its trials when it is cancelled', async () => {
    const stuck: FitTrial = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        if (signal.aborted) reject(cancelledFit());
        signal.addEventListener('abort', () => reject(cancelledFit()));
      });
    await world.start(inline, { trial: stuck, workers: 2 });
    await searching(world);
    await world.until(async () => (await world.life()).length === 6, 'trials begin');
    await world.say(CancellationRequested, { ...CancellationRequested.sample, run: 'run-1' });
    await world.until(async () => (await world.life()).at(-1) === 'cancelled', 'the run is cancelled');
  });
});

describe('a model that is made elsewhere', () => {
  const byKind = (): Fit =>
    fitByKind({
      learn: inline,
      command: fitByCommand({ judge: inline, check: checkHere, allowed: true }),
      imported: fitImported({ judge: inline, artifacts: world.artifacts, check: checkHere }),
    });

  interface Completed {
    readonly artifact: string;
    readonly manifest: string;
    readonly profile: string;
    readonly evaluation: string;
    readonly logs?: string;
    readonly trainer: string;
    readonly metrics: { readonly holdout: Record<string, number> };
  }

  /** The importance of features is asked of our own models alone. */
  const profileBesideImportance = async ({ profile }: Completed): Promise<string> => {
    const read = readReferenceProfile((await world.artifacts.get(profile)).toString());
    const features = read.features.map((feature) => ({ ...feature, importance: null }));
    return writeReferenceProfile({ ...read, features });
  };

  /** Trained here first, so that there is a file; gives the fact. */
  const trained = async (): Promise<Completed> => {
    await world.start(byKind());
    await world.say(TrainingRequested, request());
    await world.say(DatasetBuilt, dataset);
    await world.untilLife('requested started completed');
    return world.lastFact<Completed>();
  };

  const run = async (
    trainer: EventOf<typeof TrainingRequested>['trainer'],
    life: string,
  ): Promise<Completed> => {
    await world.say(TrainingRequested, request({ run: 'run-2', trainer }));
    await world.say(DatasetBuilt, { ...dataset, run: 'run-2' });
    await world.untilLife(life, 'run-2');
    return world.lastFact<Completed>();
  };

  const command = (script: string): EventOf<typeof TrainingRequested>['trainer'] => ({
    kind: 'command',
    parameters: { depth: 3 },
    command: {
      run: [process.execPath, 'train.js', '{request}'],
      files: { 'train.js': script },
      timeout_ms: 20_000,
      memory_bytes: 2 ** 30,
      output_bytes: 2 ** 24,
      environment: {},
    },
  });

  it('by a program: is judged as ours, with its logs and versions kept', async () => {
    const own = await trained();
    const model = (await world.artifacts.get(own.artifact)).toString('base64');
    const completed = await run(
      command(`
        const fs = require('fs');
        console.log('learning');
        fs.writeFileSync('../output/model.onnx', Buffer.from('${model}', 'base64'));
        fs.writeFileSync('../output/metrics.json', '{"f1":1}');
        fs.writeFileSync('../output/notes.txt', 'kept');
      `),
      'requested started completed',
    );
    expect(completed).toMatchObject({ artifact: own.artifact, trainer: 'command' });
    expect(await profileBesideImportance(completed)).toBe(await profileBesideImportance(own));
    expect(completed.metrics.holdout['f1@0.3']).toBe(own.metrics.holdout['f1@0.3']);
    expect((await world.artifacts.get(completed.logs!)).toString()).toContain('learning');
    const manifest = readManifest(await world.artifacts.get(completed.manifest));
    expect(manifest.program).toEqual({ [process.execPath]: process.version });
    expect(manifest.command).toMatchObject({ claimed: { f1: 1 }, changes: [] });
    expect((await world.artifacts.get(manifest.command!.files['notes.txt']!)).toString()).toBe('kept');
  });

  it('by a program that fails: the reason and all that it said', async () => {
    await world.start(byKind());
    const failed = await run(
      command('console.error("no luck"); process.exit(65)'),
      'requested started failed',
    );
    expect(failed).toMatchObject({
      code: 'PLAYHEAD_COMMAND_FAILED',
      message: expect.stringContaining('no luck') as string,
    });
    expect((await world.artifacts.get(failed.logs!)).toString()).toContain('no luck');
  });

  it('as a file: is judged on the same hold-out, and keeps its bytes', async () => {
    const own = await trained();
    const { artifact } = own;
    const imported = { artifact, source: artifact, changes: [], claimed: { f1: 1 } };
    const completed = await run(
      { kind: 'imported', parameters: {}, imported },
      'requested started completed',
    );
    expect(completed).toMatchObject({
      artifact,
      trainer: 'imported',
      metrics: own.metrics,
    });
    expect(await profileBesideImportance(completed)).toBe(await profileBesideImportance(own));
    const manifest = readManifest(await world.artifacts.get(completed.manifest));
    expect(manifest.trainer).toEqual({ kind: 'imported', parameters: {}, imported });
  });
});
