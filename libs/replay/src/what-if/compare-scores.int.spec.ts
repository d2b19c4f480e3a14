import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '#inference';
import { Rng } from '#kernel';
import { trainerOf } from '#learn';
import { pythonWith } from '#localstack';
import { compareScores } from './compare-scores';

const ROWS = 4_000;
const SCRIPT = join(__dirname, '../../../../test/support/judge_what_if.py');

it('finds the flips, metrics and deltas that ONNX Runtime in Python and scikit-learn find', async () => {
  const rng = new Rng(20_180_506);
  const column = (): Float64Array => Float64Array.from({ length: ROWS }, () => rng.uniform());
  const columns = [column(), column(), column()];
  const labels = Float64Array.from(columns[0]!, (value, row) =>
    value + columns[1]![row]! + 0.7 * rng.uniform() > 1.5 ? 1 : 0,
  );
  const onnx = trainerOf('gbdt')
    .fit(
      { featureNames: ['a', 'b', 'c'], columns, labels },
      { trees: 8, depth: 3 },
      { task: 'binary', seed: 1 },
    )
    .toOnnx();
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    values: columns.map((each, n) => (n === 2 && row % 9 === 0 ? null : each[row]!)),
    baseline: columns[0]![row]!,
    label: row % 5 === 0 ? null : labels[row]!,
  }));
  const model = await loadModel(onnx, { featureCount: 3 });
  const matrix = Float32Array.from(rows.flatMap(({ values }) => values.map((value) => value ?? Number.NaN)));
  const candidate = Float64Array.from(await model.score(matrix));
  await model.close();
  const ours = compareScores({
    task: 'binary',
    threshold: 0.5,
    baseline: Float64Array.from(rows, ({ baseline }) => baseline),
    candidate,
    labels: Float64Array.from(rows, ({ label }) => label ?? Number.NaN),
  });

  const folder = mkdtempSync(join(tmpdir(), 'playhead-judge-'));
  try {
    writeFileSync(join(folder, 'rows.ndjson'), rows.map((row) => JSON.stringify(row)).join('\n'));
    writeFileSync(join(folder, 'model.onnx'), onnx);
    const python = await pythonWith('what-if', ['scikit-learn==1.7.2', 'onnxruntime==1.23.2']);
    const args = [SCRIPT, join(folder, 'rows.ndjson'), join(folder, 'model.onnx'), '0.5'];
    const theirs = JSON.parse(execFileSync(python, args, { encoding: 'utf8' })) as typeof ours;
    expect(ours).toMatchObject({ records: ROWS, labelled: theirs.labelled, flips: theirs.flips });
    expect(theirs.flips).toBeGreaterThan(100);
    const [before, after] = [theirs.metrics.baseline, theirs.metrics.candidate];
    expect(Object.keys(before).length).toBe(7);
    for (const name of Object.keys(before)) {
      expect(ours.metrics.candidate[name]).toBeCloseTo(after[name]!, 9);
      expect(ours.metrics.delta[name]).toBeCloseTo(after[name]! - before[name]!, 9);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
