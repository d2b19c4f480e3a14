/**
 * Fits our gradient-boosted trees on one of the sets of `prepare.py`, one thread, and writes one JSON line: CPU seconds of `fit` and
 * quality on the test rows. Compare with `public_libraries.py`.
 *
 *     node dist/bench/learn/playhead.js SET_DIR PARAMETERS
 *
 * PARAMETERS is JSON. SET_DIR/model.onnx and scores.f64 are for `check_onnx.py`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, rowMajor, trainerOf, type DataSet, type Task } from '#learn';
import { readParquetColumns } from '#parquet';

const readPart = async (path: string, task: Task, featureNames: readonly string[]): Promise<DataSet> => {
  const names = [...featureNames, 'label', ...(task === 'ranking' ? ['group'] : [])];
  const { columns } = await readParquetColumns(path, names);
  const groups = columns[featureNames.length + 1];
  return {
    featureNames,
    columns: columns.slice(0, featureNames.length).map((column) => Float32Array.from(column)),
    labels: columns[featureNames.length]!,
    ...(groups && { groups }),
  };
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const main = async (folder: string, parameters: Record<string, unknown>): Promise<void> => {
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as {
    readonly task: Task;
    readonly features: readonly string[];
  };
  const train = await readPart(join(folder, 'train.parquet'), meta.task, meta.features);
  const test = await readPart(join(folder, 'test.parquet'), meta.task, meta.features);
  const before = cpuSeconds();
  const model = trainerOf('gbdt').fit(train, parameters, { task: meta.task, seed: 1 });
  const fitted = cpuSeconds() - before;
  const scores = model.predict(rowMajor(test.columns));
  writeFileSync(join(folder, 'model.onnx'), model.toOnnx());
  writeFileSync(join(folder, 'scores.f64'), scores);
  const { outputs } = model;
  const metrics = evaluate(meta.task, test.labels, scores, { outputs, groups: test.groups });
  const shape = { rows: train.labels.length, features: meta.features.length, outputs };
  console.log(JSON.stringify({ trainer: 'playhead', cpuSeconds: fitted, ...shape, ...metrics }));
};

const [folder, parameters = '{}'] = process.argv.slice(2);
if (folder === undefined) throw new Error('say the folder of a set that prepare.py wrote');
main(folder, JSON.parse(parameters) as Record<string, unknown>).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
