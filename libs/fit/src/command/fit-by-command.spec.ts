import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHere as check } from '#inference';
import { Rng, sha256 } from '#kernel';
import { trainerOf } from '#learn';
import { readParquetColumns } from '#parquet';
import { fitModel, type FitJob, type FittedRun, type Part } from '../fit-model';
import type { Fit, FitControl } from '../fit-thread';
import { fitByCommand } from './fit-by-command';

const part = (rows: number, seed: number): Part => {
  const rng = new Rng(seed);
  const column = (): Float64Array => Float64Array.from({ length: rows }, () => rng.uniform());
  const columns = [column(), column().map((value) => (value < 0.2 ? Number.NaN : value))];
  return {
    partitions: new Float64Array(rows),
    columns,
    labels: Float64Array.from(columns[0]!, (value) => (value + 0.3 * rng.uniform() > 0.8 ? 1 : 0)),
  };
};

const features = ['amount', 'gap'];
const [train, holdout] = [part(400, 1), part(200, 2)];

/** What the program has learned: a model of ours, so that there is something to compare with. */
const learned = trainerOf('logistic')
  .fit(
    { featureNames: features, columns: train.columns, labels: train.labels },
    {},
    { task: 'binary', seed: 1 },
  )
  .toOnnx();

/** A program that writes that model, after what `before` does. */
const program = (before = ''): string => `
const fs = require('fs');
const request = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const out = (name, content) => fs.writeFileSync(request.output + '/' + name, content);
${before}
out('model.onnx', Buffer.from(fs.readFileSync('model.txt', 'utf8'), 'base64'));
`;

type Command = NonNullable<FitJob['request']['trainer']['command']>;

const jobOf = (
  script: string,
  over: Partial<Command> = {},
  task: FitJob['request']['task'] = 'binary',
): FitJob => ({
  request: {
    task,
    trainer: {
      kind: 'command',
      parameters: { depth: 3 },
      command: {
        run: [process.execPath, 'lib/train.js', '{request}'],
        files: { 'lib/train.js': script, 'model.txt': Buffer.from(learned).toString('base64') },
        timeout_ms: 20_000,
        memory_bytes: 2 ** 30,
        output_bytes: 2 ** 24,
        environment: {},
        ...over,
      },
    },
    seed: 7,
    gates: [],
  },
  features,
  train,
  holdout,
});

const judge: Fit = (job) => Promise.resolve(fitModel(job));

const fit = (job: FitJob, over: Partial<FitControl> = {}, allowed = true): Promise<FittedRun> =>
  fitByCommand({ judge, check, allowed })(job, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...over,
  });

const workFolders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('playhead-command-'));

it('judges what a program wrote as a model of ours', async () => {
  const fitted = await fit(jobOf(program()));
  const own = fitModel({
    ...jobOf(''),
    request: { ...jobOf('').request, trainer: { kind: 'logistic', parameters: {} }, seed: 1 },
  });
  expect(sha256(fitted.onnx)).toBe(sha256(learned));
  for (const [name, value] of Object.entries(own.metrics.holdout))
    expect(fitted.metrics.holdout[name]).toBeCloseTo(value!, 5);
  expect(fitted.command).toMatchObject({
    claimed: {},
    extras: {},
    changes: [],
    environment: { [process.execPath]: process.version },
  });
});

it('keeps what the program said and left', async () => {
  const seen: number[] = [];
  const { command } = await fit(
    jobOf(
      program(`
        console.log('playhead-progress {"iteration":1,"iterations":2,"metric":"rmse","train":0.5}');
        console.log('playhead-progress {"iteration":9,"iterations":2,"metric":"rmse","train":0.5}');
        console.error('a warning');
        out('metrics.json', '{"roc_auc":0.99,"odd":null}');
        out('environment.json', '{"library":"1.2"}');
        out('notes.txt', 'kept');
      `),
    ),
    { onProgress: ({ iteration }) => seen.push(iteration) },
  );
  expect(seen).toEqual([1]);
  expect(command).toMatchObject({
    claimed: { roc_auc: 0.99, odd: null },
    environment: { library: '1.2', [process.execPath]: process.version },
  });
  expect(Buffer.from(command!.extras['notes.txt']!).toString()).toBe('kept');
  expect(command!.logs).toMatch(/a warning\n(.|\n)*ended with code 0; at most \d+ MiB/);
});

it('gives the labels of the training rows, and none of the hold-out', async () => {
  const { command } = await fit(
    jobOf(program(`for (const name of ['train', 'holdout']) out(name, fs.readFileSync(request[name]));`)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'playhead-tables-'));
  try {
    for (const name of ['train', 'holdout']) writeFileSync(join(folder, name), command!.extras[name]!);
    const given = await readParquetColumns(join(folder, 'train'), [...features, 'label', 'partition']);
    expect(given.columns).toEqual([...train.columns, train.labels, train.partitions]);
    const held = await readParquetColumns(join(folder, 'holdout'), features);
    expect(held.columns).toEqual(holdout.columns);
    await expect(readParquetColumns(join(folder, 'holdout'), ['label'])).rejects.toThrow('label');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('says what is asked for, and shows nothing of the service', async () => {
  process.env['PLAYHEAD_S3_SECRET_KEY'] = 'not for you';
  try {
    const { command } = await fit(
      jobOf(
        program(`out('seen.json', JSON.stringify({ request, names: Object.keys(process.env).sort() }));`),
        {
          environment: { THREADS: '1', HOME: '/root' },
        },
      ),
    );
    const seen = JSON.parse(Buffer.from(command!.extras['seen.json']!).toString()) as Record<string, unknown>;
    expect(seen).toEqual({
      request: {
        version: 1,
        task: 'binary',
        features,
        label: 'label',
        partition: 'partition',
        parameters: { depth: 3 },
        seed: 7,
        train: '../data/train.parquet',
        holdout: '../data/holdout.parquet',
        output: '../output',
        model: { input: 'input', output: 'probability' },
        limits: { timeout_ms: 20_000, memory_bytes: 2 ** 30, output_bytes: 2 ** 24 },
      },
      names: [
        'HOME', 'LANG', 'PATH', 'PLAYHEAD_OUTPUT', 'PLAYHEAD_PROCESS_MARK', 'PLAYHEAD_REQUEST', 'PLAYHEAD_SEED', 'PWD', 'PYTHONHASHSEED', 'THREADS',
        'TMPDIR',
      ], // prettier-ignore
    });
  } finally {
    delete process.env['PLAYHEAD_S3_SECRET_KEY'];
  }
});

it.each([
  ['is not there', jobOf('', { run: ['no-such-program'] }), 'PLAYHEAD_COMMAND_NOT_FOUND', 'no such program'],
  [
    'fails',
    jobOf('console.error("no luck"); process.exit(1)'),
    'PLAYHEAD_COMMAND_FAILED',
    'a failure of its own)\nno luck',
  ],
  ['does not like the data', jobOf('process.exit(65)'), 'PLAYHEAD_COMMAND_FAILED', 'EX_DATAERR'],
  ['asks to be tried again', jobOf('process.exit(75)'), 'PLAYHEAD_LEARN_CRASHED', 'EX_TEMPFAIL'],
  ['crashes', jobOf('process.kill(process.pid, "SIGSEGV")'), 'PLAYHEAD_COMMAND_KILLED', 'SIGSEGV'],
  [
    'takes too long',
    jobOf('setTimeout(() => {}, 60000)', { timeout_ms: 400 }),
    'PLAYHEAD_COMMAND_TIMEOUT',
    'after 0.4 s',
  ],
  [
    'eats memory',
    jobOf('globalThis.x = Buffer.alloc(300e6, 1); setTimeout(() => {}, 60000)', { memory_bytes: 200e6 }),
    'PLAYHEAD_COMMAND_MEMORY',
    '191 MiB are allowed',
  ],
  [
    'writes without end',
    jobOf(program('while (true) fs.appendFileSync(request.output + "/x", Buffer.alloc(1e5));')),
    'PLAYHEAD_COMMAND_OUTPUT',
    'more than 16 MiB',
  ],
  ['writes no model', jobOf('console.log("done")'), 'PLAYHEAD_COMMAND_RESULT_INVALID', 'no model.onnx'],
  [
    'writes a link for a model',
    jobOf(`require('fs').symlinkSync('/etc/hostname', '../output/model.onnx')`),
    'PLAYHEAD_COMMAND_RESULT_INVALID',
    'no model.onnx',
  ],
  [
    'claims what is no number',
    jobOf(program(`out('metrics.json', '{"roc_auc":"very good"}');`)),
    'PLAYHEAD_COMMAND_RESULT_INVALID',
    'metrics.json: "roc_auc" must be a number or null',
  ],
  [
    'writes something else as its model',
    jobOf(`require('fs').writeFileSync('../output/model.onnx', 'hello')`),
    'PLAYHEAD_INFERENCE_MODEL_INVALID',
    'ONNX',
  ],
  [
    'learned another task',
    jobOf(program(), {}, 'multiclass'),
    'PLAYHEAD_INFERENCE_MODEL_INVALID',
    'number of classes',
  ],
])('refuses a program that %s, and keeps what it said', async (_, job, code, why) => {
  await expect(fit(job)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(why) as string,
    details: { logs: expect.stringContaining('$ ') as string },
  });
});

it('runs nothing where programs are switched off', async () => {
  await expect(fit(jobOf(program()), {}, false)).rejects.toMatchObject({ code: 'PLAYHEAD_COMMAND_OFF' });
});

it('ends when it is told to, and leaves no folder behind', async () => {
  const before = workFolders();
  const abort = new AbortController();
  const progress = 'playhead-progress {"iteration":1,"iterations":2,"metric":"rmse","train":1}';
  const job = jobOf(`console.log('${progress}'); setTimeout(() => {}, 60000)`);
  const cancelled = fit(job, { signal: abort.signal, onProgress: () => abort.abort() });
  await expect(cancelled).rejects.toMatchObject({ code: 'PLAYHEAD_LEARN_CANCELLED' });
  expect(workFolders()).toEqual(before);
});
