/**
 * Fits our trainers on the sets that `prepare.py` made and writes one JSON line for each: CPU seconds, quality on the test
 * rows, size. Compare with `public_libraries.py`. One thread.
 *
 *     npm run build && node dist/bench/learn/playhead.js SETS_DIR [NAME...]
 *
 * With --scores it also writes SETS_DIR/<name>/<trainer>.onnx and .scores.f64, for `check_onnx.py`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, rowMajor, trainerOf, type DataSet, type Task } from '#learn';

interface Meta {
  readonly task: Task;
  readonly features: readonly string[];
}

const doubles = (path: string): Float64Array => new Float64Array(new Uint8Array(readFileSync(path)).buffer);

const readPart = (folder: string, part: 'train' | 'test', featureNames: readonly string[]): DataSet => {
  const labels = doubles(join(folder, `${part}_labels.f64`));
  const all = new Float32Array(new Uint8Array(readFileSync(join(folder, `${part}.f32`))).buffer);
  const columns = featureNames.map((_, f) => all.slice(f * labels.length, (f + 1) * labels.length));
  return { featureNames, columns, labels };
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const args = process.argv.slice(2);
const [sets, ...chosen] = args.filter((arg) => !arg.startsWith('--'));
if (sets === undefined) throw new Error('say the folder that prepare.py wrote');

for (const name of chosen.length > 0 ? chosen : ['fraud', 'wide', 'ai4i', 'bike']) {
  const folder = join(sets, name);
  const { task, features } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  const train = readPart(folder, 'train', features);
  const test = readPart(folder, 'test', features);
  for (const kind of ['gbdt', task === 'binary' ? 'logistic' : 'linear']) {
    const parameters = kind === 'gbdt' ? { trees: 100, depth: 6, learning_rate: 0.1 } : {};
    const wall = performance.now();
    const cpu = cpuSeconds();
    const model = trainerOf(kind).fit(train, parameters, { task, seed: 1 });
    const fitCpu = cpuSeconds() - cpu;
    const fitWall = (performance.now() - wall) / 1000;
    const file = model.toOnnx();
    const scores = model.predict(rowMajor(test.columns));
    console.log(
      JSON.stringify({
        set: name,
        trainer: kind,
        rows: train.labels.length,
        features: features.length,
        cpuSeconds: Number(fitCpu.toFixed(2)),
        wallSeconds: Number(fitWall.toFixed(2)),
        ...(kind === 'gbdt'
          ? { rowTreesPerCpuSecond: Math.round((train.labels.length * 100) / fitCpu) }
          : {}),
        onnxBytes: file.length,
        ...evaluate(task, test.labels, scores),
      }),
    );
    if (args.includes('--scores')) {
      writeFileSync(join(folder, `${kind}.onnx`), file);
      writeFileSync(join(folder, `${kind}.scores.f64`), scores);
    }
  }
}
