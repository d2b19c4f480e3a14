/** The example trainers as training runs them: their own folders, a real interpreter, the limits, ONNX Runtime in a child, a judge in a thread. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fitByCommand, fitInThread, fitModel, type FitJob, type FittedRun, type Part } from '#fit';
import { checkInChild, loadModel } from '#inference';
import { Rng, sha256 } from '#kernel';
import { rowMajor } from '#learn';
import { pythonWith } from '#localstack';

const DIST = resolve(__dirname, '../../dist');

/** Both libraries compute in doubles and answer in float32. */
const TOLERANCE = 1e-6;

let python: string;
beforeAll(async () => {
  const packages = ['scikit-learn', 'lightgbm'].flatMap((name) =>
    readFileSync(join(__dirname, name, 'requirements.txt'), 'utf8')
      .trim()
      .split('\n'),
  );
  python = await pythonWith('trainers', [...new Set(packages)], (line) => process.stderr.write(`${line}\n`));
  if (!existsSync(DIST)) throw new Error(`${DIST} is not there; run \`npm run build\` first`);
}, 300_000);

const features = ['amount', 'gap', 'weekday'];

/** One value in five is missing in `gap`. */
const part = (rows: number, seed: number, task: string): Part => {
  const rng = new Rng(seed);
  const column = (of: () => number): Float64Array => Float64Array.from({ length: rows }, of);
  const amount = column(() => 1_000 * rng.uniform());
  const gap = column(() => (rng.below(5) === 0 ? Number.NaN : rng.uniform()));
  const weekday = column(() => rng.below(7));
  const margin = (row: number): number => amount[row]! / 400 + weekday[row]! / 7 + rng.uniform() - 2.2;
  const labels = Float64Array.from({ length: rows }, (_, row) =>
    task === 'regression' ? 10 * margin(row) : margin(row) > 0 ? 1 : 0,
  );
  return { partitions: new Float64Array(rows), columns: [amount, gap, weekday], labels };
};

const jobOf = (
  folder: string,
  task: FitJob['request']['task'],
  parameters: Record<string, number>,
): FitJob => ({
  request: {
    task,
    seed: 7,
    gates: [],
    trainer: {
      kind: 'command',
      parameters,
      command: {
        run: [python, 'train.py', '{request}'],
        files: Object.fromEntries(
          readdirSync(join(__dirname, folder)).map((name) => [
            name,
            readFileSync(join(__dirname, folder, name), 'utf8'),
          ]),
        ),
        timeout_ms: 120_000,
        memory_bytes: 2 ** 30,
        output_bytes: 2 ** 26,
        environment: { PATH: `${dirname(python)}:/usr/bin:/bin` },
      },
    },
  },
  features,
  train: part(3_000, 1, task),
  holdout: part(1_000, 2, task),
});

const fit = (job: FitJob, onProgress: (iteration: number) => void = () => undefined): Promise<FittedRun> =>
  fitByCommand({
    judge: fitInThread({ script: join(DIST, 'libs/fit/src/fit-worker.js') }),
    check: checkInChild({ script: join(DIST, 'libs/inference/src/check/check-worker.js') }),
    allowed: true,
  })(job, { signal: new AbortController().signal, onProgress: ({ iteration }) => onProgress(iteration) });

it.each([
  ['scikit-learn', 'binary', { n_estimators: 20, max_depth: 6 }],
  ['scikit-learn', 'regression', { n_estimators: 10, max_depth: 6 }],
  ['lightgbm', 'binary', { num_iterations: 30, num_leaves: 15 }],
  ['lightgbm', 'regression', { num_iterations: 30, num_leaves: 15 }],
] as const)(
  '%s learns a %s model that answers here as it does there',
  async (folder, task, parameters) => {
    const seen: number[] = [];
    const job = jobOf(folder, task, parameters);
    const fitted = await fit(job, (iteration) => seen.push(iteration));
    const { environment, extras, claimed } = fitted.command!;
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(['python', folder]));
    expect(Object.keys(claimed)).toHaveLength(1);
    if (folder === 'lightgbm') expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));

    const own = JSON.parse(Buffer.from(extras['predictions.json']!).toString()) as number[];
    const model = await loadModel(fitted.onnx, { task: task, featureCount: features.length });
    const answers = await model.score(rowMajor(part(1_000, 2, task).columns));
    await model.close();
    expect(own).toHaveLength(1_000);
    const worst = own.reduce(
      (most, value, row) => Math.max(most, Math.abs(value - answers[row]!) / Math.max(1, Math.abs(value))),
      0,
    );
    expect(worst).toBeLessThan(TOLERANCE);

    // Judged as any model of ours on the same rows, and about as good.
    const kind = 'gbdt';
    const ours = fitModel({
      ...jobOf(folder, task, {}),
      request: { task, seed: 7, gates: [], trainer: { kind, parameters: { trees: 30 } } },
    });
    expect(Object.keys(fitted.metrics.holdout)).toEqual(Object.keys(ours.metrics.holdout));
    const metric = task === 'binary' ? 'roc_auc' : 'r2';
    expect(fitted.metrics.holdout[metric]).toBeGreaterThan(ours.metrics.holdout[metric]! - 0.03);
  },
  120_000,
);

it.each([
  ['scikit-learn', { n_estimators: 5, max_depth: 4 }],
  ['lightgbm', { num_iterations: 10, bagging_fraction: 0.5, bagging_freq: 1 }],
])(
  '%s gives the same bytes for the same seed',
  async (folder, parameters) => {
    const [a, b] = [
      await fit(jobOf(folder, 'binary', parameters)),
      await fit(jobOf(folder, 'binary', parameters)),
    ];
    expect(sha256(a.onnx)).toBe(sha256(b.onnx));
    expect(a.evaluation).toBe(b.evaluation);
  },
  120_000,
);
